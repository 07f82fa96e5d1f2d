//! `idhooks migrate finish`: removes the legacy file.

use std::collections::BTreeSet;
use std::path::Path;

use clap::Args;
use idhooks_core::config::{DualWrite, legacy_attributes};
use idhooks_core::legacy::{LegacyState, read};
use idhooks_core::plan::migration::{MigrationPhase, MigrationRun};
use idhooks_core::registry::{Allocation, Id, Registry, RepoPath};
use idhooks_ops::{MigrationContext, Reach, writer_lock};
use idhooks_repo::git::Repo;
use idhooks_repo::history::Lineage;
use idhooks_repo::state::{CommitState, LegacyFile, last_step};
use idhooks_repo::transaction::{is_derived, now};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{MigrationFormat, Ui};

use super::planned::with_rules;
use super::report::{Reporter, SideCounts};
use super::step::{StepDraft, subject};

/// The number of records that an error lists.
const NAMED: usize = 20;

/// Remove the legacy file, as one commit
///
/// Removes the legacy file and its line in .gitattributes. The table dual_write of idhooks.toml notes it, so
/// that 'idhooks check' and 'doctor' name a file that a forgotten program writes there. Refuses
/// while dual write is enabled, and if the legacy file is not the one that idhooks wrote: what only it has
/// would be lost. It is the last step of 'idhooks migrate run'.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate finish --dry-run
  idhooks migrate finish

Exit code: 0 done, or nothing to do; 1 it is too early, or the legacy file has what the registry does not \
have; 2 dual write is enabled, or another error")]
pub(super) struct FinishMigration {
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Remove it although another program may have written it lately
    #[arg(long)]
    force: bool,
    /// Format of the report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    report: MigrationFormat,
}

impl FinishMigration {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?.synced();
        let _lock = writer_lock(&repo, "migrate finish", Reach::Everything)?;
        let context = MigrationContext::of(&repo)?;
        context.assert_not_interrupted()?;
        finish(ui, &context, &Reporter::new(self.report, self.dry_run), self.force)
    }
}

/// Makes the last step.
///
/// # Errors
/// Returns an error if the phase before it is not reached, or has not lasted long enough, or if the legacy
/// file has what the registry has not.
pub(super) fn finish(
    ui: &mut Ui,
    context: &MigrationContext<'_>,
    reporter: &Reporter,
    is_forced: bool,
) -> CommandResult<Exit> {
    let repo = context.repo;
    match context.phase {
        MigrationPhase::Finished => {
            let run = MigrationRun::new(context.phase, MigrationPhase::Finished, now());
            let counts = SideCounts::default();
            reporter.show(ui, &reporter.report(context, &run, None, counts, Vec::new())?);
            return Ok(Exit::Fine);
        }
        MigrationPhase::Off => {
            return Err(CommandError::new("there is no migration to finish")
                .hint("see where it is: idhooks migrate status"));
        }
        MigrationPhase::Stopped => context.assert_not_stopped_early()?,
        phase => {
            let what = "the legacy file cannot be removed while dual write is enabled";
            return Err(CommandError::new(what)
                .because(&format!("the migration is in the phase '{phase}'"))
                .hint("first: idhooks migrate run"));
        }
    }
    let rules = context.dual_write()?;
    context.assert_ready(Some(&rules.legacy))?;
    let view = CommitState::of_commit(repo, context.head)?;
    let file = legacy_file(repo, &view)?;
    assert_derived(context, &file, &view)?;
    context.assert_quiet(MigrationPhase::Finished, is_forced)?;
    let run = MigrationRun::new(context.phase, MigrationPhase::Finished, now());
    let subject = subject(&run, &rules.legacy);
    if reporter.is_dry_run() {
        return reporter.would(ui, &subject);
    }
    let entry = view.tree.get(&RepoPath::config());
    let bytes = entry.map(|entry| repo.blob(entry.blob)).transpose()?.unwrap_or_default();
    let after = DualWrite { enabled: false, finished: true, ..rules.clone() };
    let (text, _) = with_rules(bytes, &after)?;
    let contents = vec![
        (rules.legacy.clone(), None),
        (RepoPath::config(), Some(text.into_bytes())),
        (RepoPath::attributes(), attributes(repo, &view, &rules.legacy)?),
    ];
    let draft = StepDraft { run: run.clone(), contents, subject, undone: 0 };
    let commit = draft.make(ui, context)?;
    let report = reporter.report(context, &run, commit, SideCounts::default(), Vec::new())?;
    reporter.show(ui, &report);
    Ok(Exit::Fine)
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
    let quoted = file.path().shell_quoted();
    let error = error
        .hint(format!("nothing was removed; see what was changed: git log -p -- {quoted}"))
        .hint(format!("take it into the registry: idhooks import {quoted} --update; then commit"));
    let error = match last_step(repo, context.head)? {
        Some((step, _)) => error.hint(format!(
            "then restore the file as it was: git restore --source={} --staged --worktree {quoted}; then commit",
            step.short()
        )),
        None => error.hint("then restore the file as it was, and commit"),
    };
    Err(CommandError { exit: Exit::Findings, ..error })
}

/// Returns the records that only the legacy file has.
pub(in crate::commands) fn only_in(legacy: &Registry, registry: &Registry) -> Vec<String> {
    let known: BTreeSet<Id> = registry.allocations.iter().flat_map(Allocation::ids).collect();
    let only = legacy.allocations.iter().filter(|record| !known.contains(&record.id));
    only.map(|record| format!("{} for '{}' is only in it", record.id, record.path)).collect()
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
