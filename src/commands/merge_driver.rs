//! `merge-driver`: what git runs to merge the registry, and the legacy file.
//!
//! Follows git's contract instead of ours: exit 0 merged, 1 conflict, and never anything else.
//! It merges its three files and nothing else. It only uses the repository to find a place for a
//! temporary file, the rules of a legacy file in HEAD and, after it has refused, the attribute that shows
//! whether this is a merge of merge bases.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use idhooks_core::config::DualWrite;
use idhooks_core::legacy::{has_records, merge_files};
use idhooks_core::merge::{MergeRefusal, MergedText, SeekableText, merge_texts};
use idhooks_core::registry::{LostDocId, Registry, Splice};
use idhooks_repo::git::{DEFAULT_MARKER_SIZE, Git, Repo};
use idhooks_repo::state::LegacyFile;
use idhooks_repo::store::{Access, Replacement, Scratch, StoreError};

use crate::error::Exit;
use crate::output::Ui;

use super::panic::guarded;

/// The name of the command, which `main` checks before anything else can fail.
pub(super) const NAME: &str = "merge-driver";

/// Merge the registry; git calls this during a merge
///
/// 'idhooks install' sets merge.idhooks.driver to this command; %O, %A, %B, %L and %P are git's
/// placeholders.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks merge-driver %O %A %B %L %P         as merge.idhooks.driver is set
  idhooks merge-driver --legacy %O %A %B %L %P   as merge.idhooks-legacy.driver is set
  idhooks merge-driver base.json ours.json theirs.json 7 .idhooks/registry.json

Exit code: 0 merged; 1 conflict, with conflict markers in OURS")]
pub(super) struct MergeDriver {
    /// Merge a legacy registry file; one of a form without records stays as it is
    #[arg(long)]
    legacy: bool,
    /// Merge base (%O); empty if there is none
    base: PathBuf,
    /// Our version (%A); the result replaces it
    ours: PathBuf,
    /// Their version (%B)
    theirs: PathBuf,
    /// Size of conflict markers (%L)
    // Text, since a driver that cannot read its arguments can leave no markers either.
    marker_size: String,
    /// Path of the result in the repository (%P), for messages
    path: PathBuf,
}

/// The new content of our version.
enum Merged {
    /// This text.
    Text(Vec<u8>),
    /// This text, parts of which are copied from the old content, which is in this file.
    Splice(Splice, File),
    /// Both sides with conflict markers around them.
    WholeConflict,
}

/// Why the versions were not merged.
struct Refused {
    causes: Vec<String>,
    /// Whether the versions can be read, but their paths contradict each other.
    is_contested: bool,
}

impl From<Vec<String>> for Refused {
    fn from(causes: Vec<String>) -> Self {
        Refused { causes, is_contested: false }
    }
}

impl MergeDriver {
    /// Merges, and writes the result or a conflict to our version. Returns [`Exit::Fine`], or
    /// [`Exit::Findings`] for a conflict.
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> Exit {
        if self.legacy {
            return self.run_legacy(ui, dir);
        }
        let done: Result<_, Refused> = guarded(self.on_panic(dir), || {
            let (merged, lost) = self.merge(dir)?;
            self.replace_ours(dir, &merged).map_err(|error| vec![error.to_string()])?;
            Ok(lost)
        });
        match done {
            Err(refused) => self.refuse(ui, dir, &refused),
            Ok(lost) => {
                // The only place that every merge passes: no hook follows a pick or a rebase.
                lost.iter().for_each(|one| ui.status(&format!("idhooks: {one}")));
                Exit::Fine
            }
        }
    }

    /// Merges the records of a legacy file. One whose records cannot be merged is a conflict: they may be
    /// the work of another program, which only this file has.
    fn run_legacy(&self, ui: &mut Ui, dir: &Path) -> Exit {
        match guarded(self.on_panic(dir), || self.merge_legacy(dir)) {
            // Markers in a merge base could not be read again.
            Err(_) if self.is_inner(dir) => Exit::Findings,
            Err(causes) => self.refuse(ui, dir, &causes.into()),
            Ok(()) => Exit::Fine,
        }
    }

    /// Returns what reports a panic, and leaves a conflict.
    fn on_panic(&self, dir: &Path) -> impl Fn(&str) -> u8 + use<> {
        let (driver, place) = (self.clone(), dir.to_owned());
        move |panic: &str| {
            let causes = vec![format!("internal error: {panic}")];
            driver.refuse(&mut Ui::default(), &place, &causes.into()) as u8
        }
    }

    fn merge_legacy(&self, dir: &Path) -> Result<(), Vec<String>> {
        self.check_sizes(dir)?;
        let read = |file: &Path| {
            let path = dir.join(file);
            std::fs::read(&path).map_err(|error| StoreError::new("read", path, error).to_string())
        };
        let [base, ours, theirs] = self.files().map(read);
        let one = |error: String| vec![error];
        let (base, ours, theirs) = (base.map_err(one)?, ours.map_err(one)?, theirs.map_err(one)?);
        let rules = self.legacy_rules(dir);
        let Some(merged) = merge_files([&base, &ours, &theirs], rules.as_ref()) else {
            // A map is derived from the registry and from nothing else; an empty file has nothing to lose.
            let is_map = rules.is_some_and(|rules| !rules.format.has_records());
            let is_empty = |bytes: &[u8]| bytes.trim_ascii().is_empty();
            if is_map || [&ours, &theirs].into_iter().all(|bytes| is_empty(bytes)) {
                return Ok(());
            }
            let versions = [("the merge base", &base), ("ours", &ours), ("theirs", &theirs)];
            let is_damaged = |bytes: &[u8]| !bytes.trim_ascii().is_empty() && !has_records(bytes);
            let damaged = versions.iter().filter(|(_, bytes)| is_damaged(bytes));
            let damaged: Vec<String> =
                damaged.map(|(name, _)| format!("the records of {name} cannot be read")).collect();
            return Err(match damaged.is_empty() {
                true => vec!["the versions have different forms".to_owned()],
                false => damaged,
            });
        };
        let merged = merged.map_err(|error| vec![error.to_string()])?;
        let written = self.replace_ours(dir, &Merged::Text(merged.into_bytes()));
        written.map_err(|error| vec![error.to_string()])
    }

    /// Returns the rules of the legacy file in HEAD; nothing if it has none, or if they cannot be read.
    fn legacy_rules(&self, dir: &Path) -> Option<DualWrite> {
        let repo = Repo::open(dir).ok()?;
        let tree = repo.commit(repo.head().ok()??).ok()?.tree;
        LegacyFile::of_tree(&repo, tree).ok()?.map(|file| file.rules)
    }

    /// Merges the versions. Returns also the second identities that files lost; nothing if the result is
    /// only a merge base.
    fn merge(&self, dir: &Path) -> Result<(Merged, Vec<LostDocId>), Refused> {
        self.check_sizes(dir)?;
        let open = |file: &Path| match File::open(dir.join(file)) {
            Ok(opened) => Ok(opened),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(vec![format!("'{}' does not exist", file.display())])
            }
            Err(error) => Err(vec![StoreError::new("read", dir.join(file), error).to_string()]),
        };
        let [base, ours, theirs] = self.files().map(open);
        let mut files = [base?, ours?, theirs?];
        let versions = files.each_mut().map(|file| file as &mut dyn SeekableText);
        let merged = merge_texts(versions).map_err(|error| vec![error.to_string()])?;
        let [_, ours, _] = files;
        match merged {
            Ok(MergedText { text, mut lost }) => {
                if !lost.is_empty() && self.is_inner(dir) {
                    lost.clear();
                }
                Ok((Merged::Splice(text, ours), lost))
            }
            Err(versions) if self.is_inner(dir) => {
                Ok((Merged::Text(versions.stand_in().format().into()), Vec::new()))
            }
            Err(versions) => {
                let refusals = versions.merged().err().unwrap_or_default();
                let is_contested =
                    refusals.iter().any(|why| matches!(why, MergeRefusal::Contested(_)));
                let causes = refusals.iter().map(ToString::to_string).collect();
                Err(Refused { causes, is_contested })
            }
        }
    }

    /// Refuses versions that are too large to be read.
    fn check_sizes(&self, dir: &Path) -> Result<(), Vec<String>> {
        for (file, version) in self.files().into_iter().zip(["base", "ours", "theirs"]) {
            let bytes = dir.join(file).metadata().map_or(0, |meta| meta.len());
            Registry::check_size(bytes).map_err(|error| vec![format!("{version}: {error}")])?;
        }
        Ok(())
    }

    fn files(&self) -> [&Path; 3] {
        [&self.base, &self.ours, &self.theirs]
    }

    fn marker_size(&self) -> usize {
        let size = self.marker_size.parse().ok();
        size.filter(|size| (1..=1_000).contains(size)).unwrap_or(DEFAULT_MARKER_SIZE)
    }

    /// Returns whether the result is only a merge base: git then lengthens the markers by two per
    /// level and ignores the exit code.
    fn is_inner(&self, dir: &Path) -> bool {
        let size = self.marker_size();
        size > 2 && size >= Git::new(dir).marker_size(&self.path) + 2
    }

    fn refuse(&self, ui: &mut Ui, dir: &Path, refused: &Refused) -> Exit {
        ui.error(&format!("cannot merge '{}'", self.path.display()));
        refused.causes.iter().for_each(|cause| ui.cause(cause));
        if !dir.join(&self.ours).is_file() {
            return Exit::Findings;
        }
        if let Err(error) = self.leave_conflict(dir) {
            ui.cause(&error.to_string());
            ui.hint("the file has no conflict markers: do not 'git add' it as it is");
        }
        ui.hint(match refused.is_contested {
            true => {
                "the history of both sides may decide which paths are kept; run: idhooks resolve"
            }
            false if self.legacy => {
                "git keeps all three versions; idhooks resolve takes what it can read of them, and then derives the file from the registry"
            }
            false => "git keeps all three versions; once each can be read, run: idhooks resolve",
        });
        Exit::Findings
    }

    /// Replaces our version by both sides with ordinary conflict markers.
    fn leave_conflict(&self, dir: &Path) -> Result<(), StoreError> {
        // git would read all three into memory and then refuse such large files.
        let merge = || Git::new(dir).merge_text(self.files(), self.marker_size()).ok();
        let as_text = self.check_sizes(dir).ok().and_then(|()| merge());
        let as_text = as_text.filter(|merge| merge.has_conflicts);
        // A clean merge of the lines would hide that the registries conflict.
        let marked = as_text.map_or(Merged::WholeConflict, |merge| Merged::Text(merge.text));
        self.replace_ours(dir, &marked)
    }

    /// Writes new content to our version, a file that git keeps at the root of the working tree.
    fn replace_ours(&self, dir: &Path, new: &Merged) -> Result<(), StoreError> {
        let ours = dir.join(&self.ours);
        let scratch = Repo::scratch_of(dir).unwrap_or_else(|| Scratch::beside(&ours));
        let write = |out: &mut dyn Write| match new {
            Merged::Text(text) => out.write_all(text),
            Merged::Splice(pieces, source) => pieces.put(source, out),
            Merged::WholeConflict => self.put_whole_conflict(out, dir),
        };
        Replacement::prepare_by(&scratch, &ours, Access::Keep, write)?.commit()
    }

    /// Writes both sides with markers around them, piece by piece.
    fn put_whole_conflict(&self, out: &mut dyn Write, dir: &Path) -> io::Result<()> {
        let marker = |sign: &str| sign.repeat(self.marker_size());
        writeln!(out, "{} ours", marker("<"))?;
        put_lines(out, &dir.join(&self.ours))?;
        writeln!(out, "{}", marker("="))?;
        put_lines(out, &dir.join(&self.theirs))?;
        writeln!(out, "{} theirs", marker(">"))
    }
}

/// Writes a file, which may be missing, with a newline at its end.
fn put_lines(out: &mut dyn Write, file: &Path) -> io::Result<()> {
    let mut file = match File::open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file?,
    };
    let (mut buffer, mut last) = (vec![0; 64 * 1024], b'\n');
    loop {
        let read = file.read(&mut buffer)?;
        let Some(end) = buffer[..read].last() else { break };
        last = *end;
        out.write_all(&buffer[..read])?;
    }
    if last == b'\n' { Ok(()) } else { out.write_all(b"\n") }
}
