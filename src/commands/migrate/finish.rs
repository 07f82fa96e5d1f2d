//! `idhooks migrate finish`: removes the legacy file.

use std::path::Path;

use clap::Args;
use idhooks_core::config::{CONFIG_PATH, legacy_attributes, without_dual_write};
use idhooks_core::legacy::{LegacyState, read};
use idhooks_core::plan::migration::{MigrationPhase, MigrationRun};
use idhooks_core::registry::{Registry, RepoPath};
use idhooks_repo::git::Repo;
use idhooks_repo::history::Lineage;
use idhooks_repo::state::{CommitState, LegacyFile};
use idhooks_repo::transaction::{is_derived, now};

use crate::commands::transaction::writer::{Reach, writer_lock};
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{MigrationFormat, Ui};

use super::context::{MigrationContext, interrupted};
use super::report::{Reporter, SideCounts};
use super::step::{StepDraft, subject};

/// The number of records that an error lists.
const NAMED: usize = 20;

/// Remove the legacy file, as one commit
///
/// Removes the legacy file, its line in .gitattributes, and the table dual_write of idhooks.toml. Refuses
/// while dual write is enabled, and if the legacy file is not the one that idhooks wrote: what only it has
/// would be lost.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate finish --dry-run
  idhooks migrate finish

Exit code: 0 done, or nothing to do; 1 the legacy file has what the registry does not have; 2 dual write \
is enabled, or another error")]
pub(super) struct FinishMigration {
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Format of the report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    report: MigrationFormat,
}

impl FinishMigration {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?.synced();
        let _lock = writer_lock(&repo, "migrate finish", Reach::Everything)?;
        let context = MigrationContext::of(&repo)?;
        let reporter = Reporter::new(self.report, self.dry_run);
        if let Some(run) = context.unfinished() {
            return Err(interrupted(run));
        }
        match context.phase {
            MigrationPhase::Finished => {
                ui.report("the migration is finished; nothing to do");
                return Ok(Exit::Fine);
            }
            MigrationPhase::Off => {
                return Err(CommandError::new("there is no migration to finish")
                    .hint("see where it is: idhooks migrate status"));
            }
            phase if phase.is_dual() => {
                let what = "the legacy file cannot be removed while dual write is enabled";
                let to = phase.next().unwrap_or(MigrationPhase::Stopped);
                return Err(CommandError::new(what)
                    .because(&format!("the migration is in the phase '{phase}'"))
                    .hint(format!("first: idhooks migrate run --to {to}")));
            }
            _ => {}
        }
        let rules = context.dual_write()?;
        context.assert_ready(Some(&rules.legacy))?;
        let view = CommitState::of_commit(&repo, context.head)?;
        let file = legacy_file(&repo, &view)?;
        assert_derived(&context, &file, &view)?;
        let run = MigrationRun::new(context.phase, MigrationPhase::Finished, now());
        let subject = subject(&run, &rules.legacy);
        if self.dry_run {
            return reporter.would(ui, &subject);
        }
        let contents = vec![
            (rules.legacy.clone(), None),
            (RepoPath::config(), Some(config(&repo, &view)?.into_bytes())),
            (RepoPath::attributes(), attributes(&repo, &view, &rules.legacy)?),
        ];
        let draft = StepDraft { run: run.clone(), contents, subject, undone: 0 };
        let commit = draft.make(ui, &context)?;
        let report = reporter.report(&context, &run, commit, SideCounts::default(), Vec::new())?;
        reporter.show(ui, &report);
        Ok(Exit::Fine)
    }
}

/// Returns the legacy file of a commit.
fn legacy_file<'r>(repo: &'r Repo, view: &CommitState) -> CommandResult<LegacyFile<'r>> {
    LegacyFile::of(repo, &view.tree)?
        .ok_or_else(|| CommandError::internal("the rules of the legacy file are gone"))
}

/// Asserts that the legacy file is the work of idhooks, so that the registry has all that it has.
fn assert_derived(
    context: &MigrationContext<'_>,
    file: &LegacyFile<'_>,
    view: &CommitState,
) -> CommandResult<()> {
    let repo = context.repo;
    let lineage = Lineage::of(repo, &[context.head])?;
    if is_derived(repo, file, view, &lineage, &[])? {
        return Ok(());
    }
    let registry = view.registry().ok_or_else(|| {
        CommandError::new("the registry of HEAD cannot be read")
            .hint("see what is wrong, and what to do: idhooks check --rev HEAD")
    })?;
    let error = CommandError::new(format!("'{}' is not as idhooks wrote it", file.path()));
    let error = match file.state(&view.tree, registry)? {
        LegacyState::Conflicted => error.because(&"it has conflict markers"),
        LegacyState::Unreadable(why) => error.because(&why),
        _ => {
            let entry = file.entry(&view.tree);
            let bytes = entry.map(|entry| repo.blob(entry.blob)).transpose()?.unwrap_or_default();
            let legacy = read(&bytes, file.rules.format, registry.scope).ok();
            let only = legacy.map(|legacy| only_in(&legacy, registry)).unwrap_or_default();
            error.listing(only, NAMED)
        }
    };
    let error = error
        .hint(format!("nothing was removed; see what was changed: git log -p -- {}", file.path()))
        .hint("take it into the registry: idhooks import FILE --update; then restore the file as it was");
    Err(CommandError { exit: Exit::Findings, ..error })
}

/// Returns the records that only the legacy file has.
fn only_in(legacy: &Registry, registry: &Registry) -> Vec<String> {
    let known = |id| registry.allocations.iter().any(|record| record.id == id);
    let only = legacy.allocations.iter().filter(|record| !known(record.id));
    only.map(|record| format!("{} for '{}' is only in it", record.id, record.path)).collect()
}

/// Returns the text of `idhooks.toml` without its table.
fn config(repo: &Repo, view: &CommitState) -> CommandResult<String> {
    let entry = view.tree.get(&RepoPath::config());
    let bytes = entry.map(|entry| repo.blob(entry.blob)).transpose()?.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    without_dual_write(&text).map_err(|header| {
        CommandError::new(format!("the table {header} of {CONFIG_PATH} has another form"))
            .hint("remove it, commit that, and delete the legacy file: git rm FILE")
    })
}

/// Returns the content of `.gitattributes` without the line of the legacy file; nothing if that was all.
fn attributes(
    repo: &Repo,
    view: &CommitState,
    legacy: &RepoPath,
) -> CommandResult<Option<Vec<u8>>> {
    let Some(entry) = view.tree.get(&RepoPath::attributes()) else { return Ok(None) };
    let bytes = repo.blob(entry.blob)?;
    let line = legacy_attributes(legacy);
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let rest: Vec<u8> =
        lines.filter(|own| own.trim_ascii_end() != line.as_bytes()).flatten().copied().collect();
    Ok((!rest.is_empty()).then_some(rest))
}
