//! `idhooks inject`: write the identities of files into the files, or remove them.

mod removal;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::registry::{Entry, Object, RepoPath};
use idhooks_core::{config::is_own, embed, plan::EventKind};
use idhooks_ops::{
    JournaledRun, Reach, RegistryTransaction, Writer, audit_event, open_to_change, relative,
};
use idhooks_repo::git::Repo;
use idhooks_repo::transaction::{HeadEdit, IdInjector, InjectedFile, Injection};

use crate::error::{CommandError, CommandResult, Exit, PrintingWork};
use crate::output::{Ui, count};

use removal::{InjectCandidate, InjectOutcome, InjectedId, Ruled, take_out};

use super::rollback::roll_back;

/// Write identities into the files, as a comment or key at the top
///
/// The identity is written as 'doc_id', in a comment at the head of the file, in its front matter or
/// as a key of JSON or YAML, in the index and in the working tree; unstaged edits are kept. A file
/// that matches an [[embed]] rule of idhooks.toml gets its identity with every commit that changes
/// it, and the identity that it carries follows it wherever it moves. The rule may set 'style' to
/// "front-matter", "comment" or "key"; an identity that is written in another style is moved.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks inject docs/plan.md src             a file and all files below 'src'
  idhooks inject --all                        what [[embed]] rules name
  idhooks inject --all --check                list those without it
  idhooks inject --remove docs/plan.md        other identities in it stay

The identity goes below a shebang, an encoding line, an XML declaration, a doctype and a licence. \
Binary, signed and generated files are skipped: only the registry has their identity.

Exit code: 0 written, or all files carry theirs; 1 with --check, some files do not, or with \
--keep-going, some files that you named cannot; 2 an error, and nothing was written")]
pub(super) struct Inject {
    /// Files and directories in the index
    #[arg(value_name = "PATH", required_unless_present_any = ["all", "rollback"])]
    paths: Vec<PathBuf>,
    /// Every file that an [[embed]] rule names (with --remove: in the index)
    #[arg(long, conflicts_with = "paths")]
    all: bool,
    /// Report files that do not carry their identity; write nothing
    #[arg(long, conflicts_with_all = ["replace", "dry_run", "keep_going"])]
    check: bool,
    /// Remove the file's own identity; no [[embed]] rule may name the file
    #[arg(long, conflicts_with_all = ["replace", "check"])]
    remove: bool,
    /// With --remove, remove only identities that are not the file's own
    #[arg(long, requires = "remove")]
    foreign: bool,
    /// Replace another identity that a file carries
    #[arg(long)]
    replace: bool,
    /// Undo the last run, or one that was interrupted
    #[arg(long, conflicts_with_all = ["paths", "all", "remove", "check", "replace"])]
    rollback: bool,
    /// Skip files that cannot carry their identity instead of stopping
    #[arg(long)]
    keep_going: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

/// The planned changes, and the files that cannot carry an identity.
#[derive(Default)]
struct InjectWork {
    /// Each file that changes, with the identities that are written or removed.
    changes: Vec<(Injection, Vec<InjectedId>)>,
    errors: Vec<CommandError>,
    /// Files to which the rules would write their identity again.
    ruled: Ruled,
    /// The number of files that were not named themselves and cannot carry an identity.
    left_out: usize,
    /// The number of those that keep an identity that is not their own.
    foreign: usize,
    /// Whether some match no rule.
    is_unruled: bool,
}

impl Inject {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if self.check {
            let repo = Repo::open(dir)?;
            let transaction = RegistryTransaction::open(ui, &repo)?;
            let work = self.decide(ui, dir, &transaction)?;
            return self.tell(ui, &work);
        }
        let reach = match self.paths.is_empty() {
            true => Reach::Everything,
            false => Reach::Files(&self.paths),
        };
        let repo = open_to_change(dir)?;
        let writer = Writer::open_for(&repo, "inject", reach)?;
        if self.rollback {
            return roll_back(ui, writer.repo, "inject", self.dry_run);
        }
        writer.work(ui, |ui, transaction| {
            let work = self.decide(ui, dir, transaction)?;
            let is_done = work.errors.is_empty() || self.keep_going;
            if is_done && !self.dry_run && !work.changes.is_empty() {
                let changes = || work.changes.iter().map(|(file, _)| file);
                let files = changes().filter_map(|file| file.working.clone()).collect();
                let steps = (files, changes().map(Injection::step).collect());
                let (after, events) = (transaction.registry(), self.events(&work));
                let (files, entries) = steps;
                let run = JournaledRun { what: "inject".into(), files, entries, events };
                transaction.write_together(ui, after, run)?;
            }
            self.tell(ui, &work)
        })
    }

    /// Returns the events of the planned changes.
    fn events(&self, work: &InjectWork) -> Vec<(EventKind, Object)> {
        let kind = if self.remove { EventKind::Removed } else { EventKind::Injected };
        let event = |path: &RepoPath, InjectedId { id, style }: &InjectedId| {
            let style = style.map(|style| style.to_string());
            let facts = [
                ("id", Some(&**id)),
                ("path", Some(&*path.to_string())),
                ("style", style.as_deref()),
            ];
            audit_event(kind, &facts)
        };
        let files = work.changes.iter();
        files.flat_map(|(file, ids)| ids.iter().map(|id| event(&file.path, id))).collect()
    }

    fn decide(
        &self,
        ui: &mut Ui,
        dir: &Path,
        transaction: &RegistryTransaction<'_>,
    ) -> CommandResult<InjectWork> {
        let (files, errors) = self.select(dir, transaction);
        let mut work = InjectWork { errors, ..InjectWork::default() };
        let holders = transaction.holders();
        let scribe = IdInjector::for_paths(transaction.repo, &transaction.config, files.keys())?;
        for (path, (entry, is_named)) in &files {
            let holder = holders.get(path).copied();
            let file = InjectCandidate { path, entry: *entry, is_named: *is_named, holder };
            let case = match self.remove {
                true => take_out(ui, transaction, &scribe, &file, self.foreign)?,
                false => self.file(transaction, &scribe, &file)?,
            };
            work.is_unruled |= !transaction.config.embeds(path);
            match case {
                InjectOutcome::Done => {}
                InjectOutcome::Change(file, ids) => work.changes.push((file, ids)),
                InjectOutcome::Ruled => work.ruled.note(&transaction.config, path),
                InjectOutcome::Refused(error) | InjectOutcome::Foreign(error) if file.is_named => {
                    work.errors.push(error);
                }
                InjectOutcome::Refused(error) => {
                    ui.detail(&format!("skipped: {}", error.message));
                    work.left_out += 1;
                }
                InjectOutcome::Foreign(error) => {
                    ui.detail(&format!("not changed: {}", error.message));
                    work.foreign += 1;
                }
            }
        }
        work.errors.extend(work.ruled.errors());
        Ok(work)
    }

    /// Returns the selected files, and whether each was named itself.
    fn select(
        &self,
        dir: &Path,
        transaction: &RegistryTransaction<'_>,
    ) -> (BTreeMap<RepoPath, (Entry, bool)>, Vec<CommandError>) {
        let (mut files, mut errors) = (BTreeMap::new(), Vec::new());
        let tracked = || {
            let file = |path: &RepoPath| Some((path.clone(), (transaction.entry(path)?, false)));
            transaction.tracked().filter_map(file)
        };
        if self.all {
            let is_ruled = |path: &RepoPath| self.remove || transaction.config.embeds(path);
            files.extend(tracked().filter(|(path, _)| is_ruled(path)));
        }
        for typed in &self.paths {
            let path = match relative(transaction.repo, dir, typed) {
                Ok(Some(path)) => path,
                Ok(None) => {
                    files.extend(tracked());
                    continue;
                }
                Err(error) => {
                    errors.push(error.into());
                    continue;
                }
            };
            if let Some(entry) = transaction.entry(&path) {
                match entry.mode.is_file() && !is_own(&path) {
                    true => drop(files.insert(path, (entry, true))),
                    false => errors.push(
                        CommandError::new(format!("'{path}' cannot carry an identity"))
                            .hint("only regular files can, except the files of idhooks itself"),
                    ),
                }
                continue;
            }
            let is_below = |file: &RepoPath| {
                let rest = file.as_bytes().strip_prefix(path.as_bytes());
                rest.is_some_and(|rest| rest.starts_with(b"/"))
            };
            let below: Vec<_> = tracked().filter(|(file, _)| is_below(file)).collect();
            if below.is_empty() {
                errors.push(CommandError::new(format!("'{path}' is not in the index")).hint(
                    format!("list the index: git ls-files; or first run: git add -- {path}"),
                ));
            }
            files.extend(below);
        }
        (files, errors)
    }

    /// Returns what to do with a file that should carry its identity.
    fn file(
        &self,
        transaction: &RegistryTransaction<'_>,
        scribe: &IdInjector<'_>,
        &InjectCandidate { path, entry, holder, .. }: &InjectCandidate<'_>,
    ) -> CommandResult<InjectOutcome> {
        let cannot = |why: &str, help: String| {
            let error = CommandError::new(format!("'{path}' cannot carry its identity: {why}"));
            Ok(InjectOutcome::Refused(error.hint(help)))
        };
        let quoted = path.shell_quoted();
        let Some(own) = holder else {
            let help = format!("run 'git commit', or now: idhooks allocate -- {quoted}");
            return cannot("it has none yet", help);
        };
        let carried = embed::read_id(path, &transaction.repo.blob(entry.blob)?);
        if let Some(other) = carried.filter(|other| !own.answers_to(*other) && !self.replace) {
            let help = format!(
                "see which file that belongs to: idhooks show {other}; to replace it: idhooks inject --replace -- {quoted}"
            );
            return cannot(&format!("it carries {other}, but its identity is {}", own.id), help);
        }
        match scribe.inject_ids(path, entry, &HeadEdit::Write(own.id))? {
            InjectedFile::Changed(file) => {
                // It may carry its identity in another style.
                let style =
                    transaction.config.embed_style(path).filter(|_| carried == Some(own.id));
                let id = InjectedId { id: own.id.to_string(), style };
                Ok(InjectOutcome::Change(file, vec![id]))
            }
            InjectedFile::Unchanged => Ok(InjectOutcome::Done),
            InjectedFile::Impossible(obstacle) => {
                cannot(&obstacle.to_string(), obstacle.help().to_owned())
            }
        }
    }

    /// Reports what was or would be changed, and what is missing.
    fn tell(&self, ui: &mut Ui, work: &InjectWork) -> CommandResult<Exit> {
        let is_nothing_done = !work.errors.is_empty() && !self.keep_going;
        if !is_nothing_done || self.check {
            for (file, ids) in &work.changes {
                ui.lines(ids.iter().map(|id| self.shown(&file.path, id)));
            }
        }
        if work.left_out > 0 {
            let left = match self.remove {
                true => count(work.left_out, "file not changed", "files not changed"),
                false => count(work.left_out, "file cannot carry it", "files cannot carry it"),
            };
            ui.status(&format!("{left}; --verbose shows why"));
        }
        if work.foreign > 0 {
            let files = count(
                work.foreign,
                "file keeps an identity that is not its own",
                "files keep identities that are not their own",
            );
            ui.status(&format!("{files}; --verbose lists them, --remove --foreign removes them"));
        }
        if work.is_unruled && !work.changes.is_empty() && !self.remove {
            ui.status(
                "no [[embed]] rule in idhooks.toml matches some of these files: commits do not update the identities that they carry",
            );
        }
        if self.remove && work.changes.is_empty() && work.errors.is_empty() {
            ui.status("nothing to remove");
        }
        match work.errors.as_slice() {
            [] if self.check && !work.changes.is_empty() => Ok(Exit::Findings),
            [] => Ok(Exit::Fine),
            [only] if !self.keep_going => Err(only.clone()),
            several => {
                let files = count(several.len() + work.ruled.more(), "file", "files");
                let mut all = CommandError::new(format!("{files} cannot be changed"))
                    .listing(several.iter().map(|error| &error.message), usize::MAX);
                all.hints = several.iter().flat_map(|e| e.hints.first().cloned()).take(3).collect();
                if self.keep_going {
                    all.show(ui);
                    return Ok(Exit::Findings);
                }
                Err(all.hint("nothing was written; to skip these files: --keep-going"))
            }
        }
    }

    /// Returns the output line of a file that changes.
    fn shown(&self, path: &RepoPath, id: &InjectedId) -> String {
        match (self.remove, self.check || self.dry_run) {
            (true, false) => format!("removed {id} from {path}"),
            (true, true) => format!("would remove {id} from {path}"),
            (false, false) => format!("{path} carries {id}"),
            (false, true) if self.check => format!("{path} does not carry {id}"),
            (false, true) => format!("{path} would carry {id}"),
        }
    }
}
