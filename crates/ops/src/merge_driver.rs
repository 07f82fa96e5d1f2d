//! The merge drivers that git runs for the registry and the legacy file.
//!
//! They merge three files and do nothing else. The repository is only used to place a temporary
//! file, to read the rules for a legacy file in HEAD and, after a refusal, to read the attribute
//! that tells whether merge bases are being merged.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use idhooks_core::config::DualWrite;
use idhooks_core::merge::{
    MergeError, MergeInput, MergeRefusal, MergedText, SeekableText, merge_texts,
};
use idhooks_core::registry::{LostDocId, ReadError, Registry, Splice};
use idhooks_repo::derived::legacy::{LegacyFile, has_records, merge_files};
use idhooks_repo::git::{DEFAULT_MARKER_SIZE, Git, Repo};
use idhooks_repo::store::{Access, Replacement, Scratch, StoreError};

/// The files to merge, relative to a directory.
#[derive(Debug, Clone)]
pub struct MergeDriverOptions {
    /// Whether the files are versions of a legacy file rather than the registry.
    pub is_legacy: bool,
    /// The merge base; empty if there is none.
    pub base: PathBuf,
    /// Our version, which the result replaces.
    pub ours: PathBuf,
    /// Their version.
    pub theirs: PathBuf,
    /// The length of conflict markers, if git passed one.
    pub marker_size: Option<usize>,
    /// The result's path in the repository.
    pub path: PathBuf,
}

/// The result of a merge.
#[derive(Debug)]
pub enum MergeDriverReport {
    /// The versions were merged. Holds the second identities that files lost; empty if the result
    /// is only a merge base.
    Merged(Vec<LostDocId>),
    /// The result would only be a merge base, and the versions could not be merged. Our version was
    /// left alone, since a merge base with conflict markers could not be read again.
    LeftAlone,
    /// The versions were not merged.
    Conflict(MergeConflict),
}

/// Why the versions were not merged.
#[derive(Debug)]
pub struct MergeConflict {
    /// The causes.
    pub causes: Vec<MergeCause>,
}

impl MergeConflict {
    /// Returns whether the versions can be read, but contradict each other about paths.
    pub fn is_contested(&self) -> bool {
        let is_contested =
            |cause: &MergeCause| matches!(cause, MergeCause::Refused(MergeRefusal::Contested(_)));
        self.causes.iter().any(is_contested)
    }
}

impl From<MergeCause> for MergeConflict {
    fn from(cause: MergeCause) -> Self {
        MergeConflict { causes: vec![cause] }
    }
}

/// Why versions conflict.
#[derive(Debug, thiserror::Error)]
pub enum MergeCause {
    /// A file does not exist.
    #[error("'{}' does not exist", .0.display())]
    NoFile(PathBuf),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(StoreError),
    /// An opened file cannot be read.
    #[error(transparent)]
    Read(io::Error),
    /// A version is too large to be read.
    #[error("{}: {}", .0, .1)]
    TooLarge(MergeInput, ReadError),
    /// The registries cannot be merged.
    #[error(transparent)]
    Refused(MergeRefusal),
    /// A legacy file's records cannot be merged.
    #[error(transparent)]
    Legacy(MergeError),
    /// A version of a legacy file has no readable records.
    #[error("the records of {} cannot be read", legacy_name(*.0))]
    NoRecords(MergeInput),
    /// A legacy file's versions have different forms.
    #[error("the versions have different forms")]
    DifferentForms,
}

fn legacy_name(version: MergeInput) -> &'static str {
    match version {
        MergeInput::Base => "the merge base",
        MergeInput::Ours => "ours",
        MergeInput::Theirs => "theirs",
    }
}

/// What [`leave_conflict`] did to our version.
#[derive(Debug)]
pub enum LeftConflict {
    /// Our version does not exist.
    NoFile,
    /// Our version now contains both sides, with conflict markers.
    Marked,
    /// It was left alone, without conflict markers.
    Unmarked(StoreError),
}

/// The new content of our version.
enum Merged {
    /// This text.
    Text(Vec<u8>),
    /// This text, with parts copied from the old content, which is in this file. The file is closed
    /// before it is replaced.
    Splice(Splice, File),
    /// Both sides in full, with conflict markers around them.
    WholeConflict,
}

/// Merges the versions in `dir` and replaces our version with the result. If there is a conflict,
/// our version stays unchanged; see [`leave_conflict`].
pub fn merge_versions(dir: &Path, options: &MergeDriverOptions) -> MergeDriverReport {
    let merge = VersionMerge { dir, options };
    let merged = match options.is_legacy {
        true => merge.merge_legacy().map(|()| Vec::new()),
        false => merge.merge_registry(),
    };
    match merged {
        Ok(lost) => MergeDriverReport::Merged(lost),
        Err(_) if options.is_legacy && merge.is_inner() => MergeDriverReport::LeftAlone,
        Err(conflict) => MergeDriverReport::Conflict(conflict),
    }
}

/// Replaces our version in `dir` with both sides and ordinary conflict markers.
pub fn leave_conflict(dir: &Path, options: &MergeDriverOptions) -> LeftConflict {
    if !dir.join(&options.ours).is_file() {
        return LeftConflict::NoFile;
    }
    match (VersionMerge { dir, options }).mark_conflict() {
        Ok(()) => LeftConflict::Marked,
        Err(error) => LeftConflict::Unmarked(error),
    }
}

/// A merge of the files in a directory.
struct VersionMerge<'d> {
    dir: &'d Path,
    options: &'d MergeDriverOptions,
}

impl VersionMerge<'_> {
    fn merge_registry(&self) -> Result<Vec<LostDocId>, MergeConflict> {
        let (merged, lost) = self.merge()?;
        self.replace_ours(merged).map_err(MergeCause::Store)?;
        Ok(lost)
    }

    /// Merges the records in a legacy file. If that is impossible, there is a conflict: the records
    /// may be another program's work that only this file contains.
    fn merge_legacy(&self) -> Result<(), MergeConflict> {
        self.check_sizes()?;
        let read = |file: &Path| {
            let path = self.dir.join(file);
            std::fs::read(&path)
                .map_err(|error| MergeCause::Store(StoreError::new("read", path, error)))
        };
        let [base, ours, theirs] = self.files().map(read);
        let (base, ours, theirs) = (base?, ours?, theirs?);
        let rules = self.legacy_rules();
        let Some(merged) = merge_files([&base, &ours, &theirs], rules.as_ref()) else {
            // A map is derived entirely from the registry, and an empty file has nothing to lose.
            let is_map = rules.is_some_and(|rules| !rules.format.has_records());
            let is_empty = |bytes: &[u8]| bytes.trim_ascii().is_empty();
            if is_map || [&ours, &theirs].into_iter().all(|bytes| is_empty(bytes)) {
                return Ok(());
            }
            let is_damaged = |bytes: &[u8]| !bytes.trim_ascii().is_empty() && !has_records(bytes);
            let versions = MergeInput::ALL.into_iter().zip([&base, &ours, &theirs]);
            let damaged = versions.filter(|(_, bytes)| is_damaged(bytes));
            let causes: Vec<MergeCause> =
                damaged.map(|(version, _)| MergeCause::NoRecords(version)).collect();
            return Err(match causes.is_empty() {
                true => MergeCause::DifferentForms.into(),
                false => MergeConflict { causes },
            });
        };
        let merged = merged.map_err(MergeCause::Legacy)?;
        let written = self.replace_ours(Merged::Text(merged.into_bytes()));
        Ok(written.map_err(MergeCause::Store)?)
    }

    /// Returns the rules for the legacy file in HEAD; `None` if there are none or they cannot be
    /// read.
    fn legacy_rules(&self) -> Option<DualWrite> {
        let repo = Repo::open(self.dir).ok()?;
        let tree = repo.commit(repo.head().ok()??).ok()?.tree;
        LegacyFile::of_tree(&repo, tree).ok()?.map(|file| file.rules)
    }

    /// Merges the versions. Also returns the second identities that files lost, unless the result
    /// is only a merge base.
    fn merge(&self) -> Result<(Merged, Vec<LostDocId>), MergeConflict> {
        self.check_sizes()?;
        let open = |file: &Path| match File::open(self.dir.join(file)) {
            Ok(opened) => Ok(opened),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(MergeCause::NoFile(file.to_owned()))
            }
            Err(error) => {
                Err(MergeCause::Store(StoreError::new("read", self.dir.join(file), error)))
            }
        };
        let [base, ours, theirs] = self.files().map(open);
        let mut files = [base?, ours?, theirs?];
        let versions = files.each_mut().map(|file| file as &mut dyn SeekableText);
        let merged = merge_texts(versions).map_err(MergeCause::Read)?;
        let [_, ours, _] = files;
        match merged {
            Ok(MergedText { text, mut lost }) => {
                // This check comes last, because it requires running git.
                if !lost.is_empty() && self.is_inner() {
                    lost.clear();
                }
                Ok((Merged::Splice(text, ours), lost))
            }
            // A merge base with conflict markers could not be read by the merge that uses it.
            Err(versions) if self.is_inner() => {
                Ok((Merged::Text(versions.stand_in().format().into()), Vec::new()))
            }
            Err(versions) => {
                let refusals = versions.merged().err().unwrap_or_default();
                let causes = refusals.into_iter().map(MergeCause::Refused).collect();
                Err(MergeConflict { causes })
            }
        }
    }

    /// Returns an error if a version is too large to read.
    fn check_sizes(&self) -> Result<(), MergeCause> {
        for (file, version) in self.files().into_iter().zip(MergeInput::ALL) {
            // A missing file is reported when it is opened.
            let bytes = self.dir.join(file).metadata().map_or(0, |meta| meta.len());
            Registry::check_size(bytes).map_err(|error| MergeCause::TooLarge(version, error))?;
        }
        Ok(())
    }

    fn files(&self) -> [&Path; 3] {
        [&self.options.base, &self.options.ours, &self.options.theirs]
    }

    fn marker_size(&self) -> usize {
        let size = self.options.marker_size;
        size.filter(|size| (1..=1_000).contains(size)).unwrap_or(DEFAULT_MARKER_SIZE)
    }

    /// Returns whether the result is only a merge base. In that case, git lengthens the markers by
    /// two characters per level and ignores the exit code.
    fn is_inner(&self) -> bool {
        let size = self.marker_size();
        size > 2 && size >= Git::new(self.dir).marker_size(&self.options.path) + 2
    }

    /// Replaces our version with both sides and ordinary conflict markers.
    fn mark_conflict(&self) -> Result<(), StoreError> {
        // git would read all three files into memory and then refuse files this large.
        let merge = || Git::new(self.dir).merge_text(self.files(), self.marker_size()).ok();
        let as_text = self.check_sizes().ok().and_then(|()| merge());
        let as_text = as_text.filter(|merge| merge.has_conflicts);
        // If the line-by-line merge is clean, it would hide the conflict between the registries.
        let marked = as_text.map_or(Merged::WholeConflict, |merge| Merged::Text(merge.text));
        self.replace_ours(marked)
    }

    /// Replaces our version, a file that git keeps at the root of the working tree, with new
    /// content.
    fn replace_ours(&self, new: Merged) -> Result<(), StoreError> {
        let ours = self.dir.join(&self.options.ours);
        // In the git directory, the temporary file does not show up in `git status`. Outside a
        // repository, it is created beside our version, since a rename must stay on the same file
        // system.
        let scratch = Repo::scratch_of(self.dir).unwrap_or_else(|| Scratch::beside(&ours));
        let write = |out: &mut dyn Write| match new {
            Merged::Text(text) => out.write_all(&text),
            Merged::Splice(pieces, source) => pieces.put(&source, out),
            Merged::WholeConflict => self.put_whole_conflict(out),
        };
        Replacement::prepare_by(&scratch, &ours, Access::Keep, write)?.commit()
    }

    /// Writes both sides with conflict markers around them, piece by piece.
    fn put_whole_conflict(&self, out: &mut dyn Write) -> io::Result<()> {
        let marker = |sign: &str| sign.repeat(self.marker_size());
        writeln!(out, "{} ours", marker("<"))?;
        put_lines(out, &self.dir.join(&self.options.ours))?;
        writeln!(out, "{}", marker("="))?;
        put_lines(out, &self.dir.join(&self.options.theirs))?;
        writeln!(out, "{} theirs", marker(">"))
    }
}

/// Writes a file's content, with a newline at the end; the file may be missing.
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
