//! `idhooks inject`: write identities into the files they name, or take them out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::embed;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::Repo;
use crate::output::{Ui, count};
use crate::registry::{Allocation, Entry, RepoPath};
use crate::walk::{Inscription, Scribe, Wish};

use super::desk::Desk;
use super::paths::relative;
use super::rollback::roll_back;
use super::writer::Writer;

/// Write identities into the files they name
///
/// A comment at the head of the file, a key of its front matter or of a JSON object says 'doc_id'
/// then, in the index and in the working tree alike; unstaged edits stay. Files that [[embed]] in
/// idhooks.toml names get theirs with the commit that changes them, and are believed in what they
/// carry: the identity follows them wherever they go.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks inject docs/plan.md src        a file, and every file below a directory
  idhooks inject --all                   every file that the [[embed]] rules name
  idhooks inject --all --check           which of them do not carry theirs?
  idhooks inject --remove docs/plan.md

Where it goes: after a shebang, an encoding line, an XML declaration, a doctype and a licence.
Files that are binary, signed or written by another program are left to the registry.

Exit code: 0 done, or all carry theirs; 1 with --check, some do not; 1 with --keep-going, some
that were named cannot; 2 it cannot be done, and nothing was")]
pub(super) struct Inject {
    /// Files and directories in the index
    #[arg(value_name = "PATH", required_unless_present_any = ["all", "rollback"])]
    paths: Vec<PathBuf>,
    /// Every file that the [[embed]] rules name
    #[arg(long, conflicts_with = "paths")]
    all: bool,
    /// Take identities out of the files
    #[arg(long, conflicts_with_all = ["replace", "check"])]
    remove: bool,
    /// Only tell which files do not carry theirs
    #[arg(long, conflicts_with_all = ["replace", "dry_run", "keep_going"])]
    check: bool,
    /// Put it in the place of another identity that the file carries
    #[arg(long)]
    replace: bool,
    /// Undo the last run, or one that did not come to its end
    #[arg(long, conflicts_with_all = ["paths", "all", "remove", "check", "replace"])]
    rollback: bool,
    /// Do what can be done, even if some files cannot carry theirs
    #[arg(long)]
    keep_going: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// What is to become of the files, those that cannot carry anything among them.
#[derive(Default)]
struct Work {
    inscriptions: Vec<Inscription>,
    errors: Vec<CommandError>,
    /// How many of a directory or of all cannot carry one.
    left_out: usize,
    /// Whether some are in no rule.
    is_unruled: bool,
}

impl Inject {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        if self.check {
            let repo = Repo::open(dir)?;
            let desk = Desk::open(ui, &repo)?;
            let work = self.decide(ui, dir, &desk)?;
            return self.tell(ui, &desk, work);
        }
        let writer = Writer::open(dir, "inject")?;
        if self.rollback {
            return roll_back(ui, &writer.repo, self.dry_run);
        }
        writer.work(ui, |ui, desk| {
            let work = self.decide(ui, dir, desk)?;
            let is_done = work.errors.is_empty() || self.keep_going;
            if is_done && !self.dry_run && !work.inscriptions.is_empty() {
                desk.rewrite(ui, "inject", desk.registry(), &work.inscriptions)?;
            }
            self.tell(ui, desk, work)
        })
    }

    fn decide(&self, ui: &mut Ui, dir: &Path, desk: &Desk<'_>) -> Result<Work, CommandError> {
        let (files, errors) = self.select(dir, desk);
        let mut work = Work { errors, ..Work::default() };
        let holders = desk.holders();
        let scribe = Scribe::over(desk.repo, files.keys())?;
        for (path, (entry, is_named)) in files {
            let holder = holders.get(&path).copied();
            work.is_unruled |= !desk.policy.embeds(&path);
            match self.file(desk, &scribe, &path, entry, holder)? {
                Ok(inscription) => work.inscriptions.extend(inscription),
                Err(error) if is_named => work.errors.push(error),
                Err(error) => {
                    ui.detail(&format!("left out: {}", error.message));
                    work.left_out += 1;
                }
            }
        }
        Ok(work)
    }

    /// Returns the files that are meant, and whether each was named itself.
    fn select(
        &self,
        dir: &Path,
        desk: &Desk<'_>,
    ) -> (BTreeMap<RepoPath, (Entry, bool)>, Vec<CommandError>) {
        let (mut files, mut errors) = (BTreeMap::new(), Vec::new());
        let tracked = || {
            let files = desk.tree().iter().filter(|(_, entry)| entry.mode.is_file());
            files.filter(|(path, _)| desk.policy.tracks(path))
        };
        if self.all {
            let ruled = tracked().filter(|(path, _)| desk.policy.embeds(path));
            files.extend(ruled.map(|(path, entry)| (path.clone(), (*entry, false))));
        }
        for typed in &self.paths {
            let path = match relative(desk.repo, dir, typed) {
                Ok(Some(path)) => path,
                Ok(None) => {
                    files.extend(tracked().map(|(path, entry)| (path.clone(), (*entry, false))));
                    continue;
                }
                Err(error) => {
                    errors.push(error);
                    continue;
                }
            };
            if let Some(entry) = desk.entry(&path) {
                files.insert(path, (entry, true));
                continue;
            }
            let below = tracked().filter(|(file, _)| is_below(file, &path));
            let below: Vec<_> =
                below.map(|(file, entry)| (file.clone(), (*entry, false))).collect();
            if below.is_empty() {
                errors.push(
                    CommandError::new(format!("'{path}' is not in the index")).hint(format!(
                        "see what is: git ls-files; or first run: git add -- {path}"
                    )),
                );
            }
            files.extend(below);
        }
        (files, errors)
    }

    fn file(
        &self,
        desk: &Desk<'_>,
        scribe: &Scribe<'_>,
        path: &RepoPath,
        entry: Entry,
        holder: Option<&Allocation>,
    ) -> Result<Result<Option<Inscription>, CommandError>, CommandError> {
        let cannot = |why: &str, help: String| {
            Ok(Err(
                CommandError::new(format!("'{path}' cannot carry its identity: {why}")).hint(help)
            ))
        };
        let wish: Wish = match (self.remove, holder) {
            (true, _) => None,
            (false, Some(holder)) => Some(holder.id),
            (false, None) => {
                let help = format!("run 'git commit', or now: idhooks allocate -- {path}");
                return cannot("it has none yet", help);
            }
        };
        let content = desk.repo.blob(entry.blob)?;
        let carried = embed::read_id(path, &content);
        if let (Some(own), Some(other)) = (holder.filter(|_| wish.is_some()), carried)
            && !own.answers_to(other)
            && !self.replace
        {
            let help = format!(
                "see whose that is: idhooks show {other}; to put its own there: idhooks inject --replace -- {path}"
            );
            return cannot(&format!("it carries {other}, and has {}", own.id), help);
        }
        match scribe.inscribe(path, entry, wish)? {
            Ok(inscription) => Ok(Ok(inscription)),
            Err(obstacle) => cannot(&obstacle.to_string(), obstacle.help().to_owned()),
        }
    }

    /// Shows what was done, would be done or is missing.
    fn tell(&self, ui: &mut Ui, desk: &Desk<'_>, work: Work) -> Result<Exit, CommandError> {
        let Work { inscriptions, errors, left_out, is_unruled } = work;
        let holders = desk.holders();
        let is_nothing_done = !errors.is_empty() && !self.keep_going;
        if !is_nothing_done || self.check {
            for Inscription { path, .. } in &inscriptions {
                let id = holders.get(path).map(|holder| holder.id.to_string()).unwrap_or_default();
                ui.line(&match (self.remove, self.check) {
                    (true, _) => format!("{path} carries no identity any more"),
                    (false, true) => format!("{path} does not carry {id}"),
                    (false, false) => format!("{path} carries {id}"),
                });
            }
        }
        if left_out > 0 {
            let files = count(left_out, "file", "files");
            ui.status(&format!("{files} left to the registry; --verbose tells why"));
        }
        if is_unruled && !inscriptions.is_empty() && !self.remove {
            ui.status(
                "some are in no [[embed]] rule of idhooks.toml: what these carry is not looked at",
            );
        }
        match errors.as_slice() {
            [] if self.check && !inscriptions.is_empty() => Ok(Exit::Findings),
            [] => Ok(Exit::Fine),
            [only] if !self.keep_going => Err(only.clone()),
            several => {
                let files = count(several.len(), "file", "files");
                let mut all = CommandError::new(format!("{files} cannot be done"));
                all.causes = several.iter().map(|error| error.message.clone()).collect();
                all.hints = several.iter().flat_map(|e| e.hints.first().cloned()).take(3).collect();
                if self.keep_going {
                    all.show(ui);
                    return Ok(Exit::Findings);
                }
                Err(all.hint("nothing was written; --keep-going does the others"))
            }
        }
    }
}

fn is_below(file: &RepoPath, dir: &RepoPath) -> bool {
    let rest = file.as_bytes().strip_prefix(dir.as_bytes());
    rest.is_some_and(|rest| rest.starts_with(b"/"))
}
