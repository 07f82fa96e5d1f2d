//! Removes the legacy file.

use idhooks_core::config::{DualWrite, MigrationPhase, legacy_attributes};
use idhooks_core::registry::RepoPath;
use idhooks_migration::MigrationRun;
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::derived::legacy::{LegacyState, read};
use idhooks_repo::git::Repo;
use idhooks_repo::history::Lineage;
use idhooks_repo::state::{CommitState, last_step};
use idhooks_repo::transaction::{is_derived, now};

use super::context::MigrationContext;
use super::options::{FinishMigrationOptions, MigrationRunReport};
use super::planned_migration::with_rules;
use super::refusal::MigrateRefusal;
use super::report::RunClock;
use super::step::{StepDraft, subject};
use crate::dual_write::{LegacyFault, only_in};
use crate::{Observer, OpsError, Reach, writer_lock};

/// Makes a migration's last step: removes the legacy file.
///
/// # Errors
/// Returns an error if the preceding phase has not been reached or has not lasted long enough, or
/// if the legacy file has data that the registry lacks. In that case nothing was changed.
pub fn finish_migration(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: FinishMigrationOptions,
) -> Result<MigrationRunReport, OpsError> {
    let _lock = writer_lock(repo, "migrate finish", Reach::Everything)?;
    let context = MigrationContext::of(repo)?;
    context.assert_not_interrupted()?;
    finish(observer, &context, &RunClock::start(), options)
}

/// Makes the last step.
///
/// # Errors
/// Returns an error if the preceding phase has not been reached or has not lasted long enough, or
/// if the legacy file has data that the registry lacks.
pub(super) fn finish(
    observer: &mut dyn Observer,
    context: &MigrationContext<'_>,
    clock: &RunClock,
    options: FinishMigrationOptions,
) -> Result<MigrationRunReport, OpsError> {
    let repo = context.repo;
    match context.phase {
        // If the command is repeated, it reports the finished migration, which is not an error.
        MigrationPhase::Finished => {
            let run = MigrationRun::new(context.phase, MigrationPhase::Finished, now(repo));
            let report = clock.report(context, &run, None, Vec::new())?;
            return Ok(MigrationRunReport::Step(report));
        }
        MigrationPhase::Off => return Err(MigrateRefusal::NothingToFinish.into()),
        MigrationPhase::Stopped => context.assert_not_stopped_early()?,
        phase => return Err(MigrateRefusal::StillWritten(phase).into()),
    }
    let rules = context.dual_write()?;
    context.assert_ready(Some(&rules.legacy))?;
    let view = CommitState::of_commit(repo, context.head)?;
    let file = legacy_file(repo, &view)?;
    // The step removes the file, so the registry must have all of its data.
    assert_derived(context, &file, &view)?;
    context.assert_quiet(MigrationPhase::Finished, options.force)?;
    let run = MigrationRun::new(context.phase, MigrationPhase::Finished, now(repo));
    let subject = subject(&run, &rules.legacy);
    if options.is_dry_run {
        return Ok(MigrationRunReport::WouldCommit(subject));
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
    let commit = draft.make(observer, context)?;
    Ok(MigrationRunReport::Step(clock.report(context, &run, commit, Vec::new())?))
}

/// Returns the legacy file in a commit.
fn legacy_file<'r>(repo: &'r Repo, view: &CommitState) -> Result<LegacyFile<'r>, OpsError> {
    Ok(LegacyFile::of(repo, &view.tree)?.ok_or(MigrateRefusal::NoLegacyFile)?)
}

/// Checks that idhooks wrote the legacy file, which means that the registry has all of its data.
fn assert_derived(
    context: &MigrationContext<'_>,
    file: &LegacyFile<'_>,
    view: &CommitState,
) -> Result<(), OpsError> {
    let repo = context.repo;
    let lineage = Lineage::of(repo, &[context.head])?;
    if is_derived(repo, file, view, &lineage, &[])? {
        return Ok(());
    }
    let registry = view.registry().ok_or(MigrateRefusal::HeadUnreadable)?;
    let fault = match file.state(&view.tree, registry)? {
        LegacyState::Conflicted => LegacyFault::Conflicted,
        LegacyState::Unreadable(why) => LegacyFault::Unreadable(why),
        _ => {
            let entry = file.entry(&view.tree);
            let bytes = entry.map(|entry| repo.blob(entry.blob)).transpose()?.unwrap_or_default();
            let legacy = read(&bytes, file.rules.format, registry.scope).ok();
            let only = legacy.map(|legacy| only_in(&legacy, registry)).unwrap_or_default();
            LegacyFault::Records(only)
        }
    };
    let last_step = last_step(repo, context.head)?.map(|(step, _)| step);
    Err(MigrateRefusal::NotDerived { legacy: file.path().clone(), fault, last_step }.into())
}

/// Returns the content of `.gitattributes` without the legacy file's line; `None` if the file
/// contains nothing else.
fn attributes(
    repo: &Repo,
    view: &CommitState,
    legacy: &RepoPath,
) -> Result<Option<Vec<u8>>, OpsError> {
    let Some(entry) = view.tree.get(&RepoPath::attributes()) else { return Ok(None) };
    let bytes = repo.blob(entry.blob)?;
    let line = legacy_attributes(legacy);
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    let rest: Vec<u8> =
        // The line may end with CRLF.
        lines.filter(|own| own.trim_ascii_end() != line.as_bytes()).flatten().copied().collect();
    Ok((!rest.is_empty()).then_some(rest))
}
