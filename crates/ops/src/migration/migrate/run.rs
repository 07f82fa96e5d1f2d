//! Makes a migration's next step.

use idhooks_migration::MigrationRun;
use std::path::{Path, PathBuf};

use idhooks_core::config::{CONFIG_PATH, DualWrite, Leading, MigrationPhase};
use idhooks_core::registry::RepoPath;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::MigrationTrailer;
use idhooks_repo::transaction::now;

use super::context::{MigrationContext, assert_no_contradiction};
use super::finish::finish;
use super::import_step::{import_step, plan_import};
use super::options::{FinishMigrationOptions, MigrationRunReport, RunMigrationOptions};
use super::planned_migration::with_rules;
use super::rebuild::rebuild;
use super::refusal::MigrateRefusal;
use super::report::RunClock;
use super::source::LegacyFileOptions;
use super::step::{StepDraft, commit, end, subject};
use super::step_files::MigrationFiles;
use super::verify::{VerifiedRecords, verification};
use crate::{Notice, Observer, OpsError, Reach, Revision, writer_lock};

/// The word that stands for the legacy file named in the rules.
const LEGACY: &str = "legacy";

/// Makes a migration's next step in a separate commit, completes an interrupted step, or rebuilds
/// the registry from the legacy file.
///
/// # Errors
/// Returns an error if the step cannot be made, or if something cannot be read or written. In that
/// case nothing was changed.
pub fn run_migration(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &RunMigrationOptions,
) -> Result<MigrationRunReport, OpsError> {
    let _lock = writer_lock(repo, "migrate run", Reach::Everything)?;
    let (mut context, mut options) = (MigrationContext::of(repo)?, options.clone());
    let clock = RunClock::start();
    if let Some(run) = context.unfinished().cloned() {
        if !options.resume {
            return Err(MigrateRefusal::Interrupted(run.to).into());
        }
        if !run.files.is_empty() {
            let rules = context.rules.clone().unwrap_or_default();
            let finished = run.to == MigrationPhase::Finished;
            let enabled = run.to.is_dual();
            assert_no_contradiction(context.repo, &DualWrite { enabled, finished, ..rules })?;
            return resume(observer, &context, &clock, &run);
        }
        // The interrupted run was still planning, so nothing was changed.
        options.file = LegacyFileOptions {
            from: run.source.as_ref().map(PathBuf::from),
            format: run.format_of_source(),
            renumber_names: run.no_adopt_names,
        };
        options.batch = run.batch;
        context.run = None;
    }
    if options.resume && options.file.from.is_none() {
        return Err(MigrateRefusal::NothingToResume.into());
    }
    if options.file.from.as_deref() == Some(Path::new(LEGACY)) {
        return rebuild(observer, &context, &clock, options.is_dry_run);
    }
    if let Some(rules) = &context.rules {
        assert_no_contradiction(context.repo, rules)?;
    }
    context.assert_not_stopped_early()?;
    let target = match options.to {
        Some(target) => target,
        None => next_target(&context, options.file.from.is_some())?,
    };
    let is_step = context.step_to(target)?;
    if target == MigrationPhase::LegacyLeads {
        return import_step(observer, &context, &clock, &options);
    }
    let (from, rules) = (context.phase, context.dual_write()?);
    if options.is_announced {
        observer.notice(Notice::NextStep { from, to: target, legacy: rules.legacy.clone() });
    }
    let RunMigrationOptions { force, is_dry_run, .. } = options;
    match target {
        MigrationPhase::Finished => {
            finish(observer, &context, &clock, FinishMigrationOptions { force, is_dry_run })
        }
        _ if is_step => advance(observer, &context, &clock, target, &options),
        _ => {
            let run = MigrationRun::new(from, target, now(context.repo));
            Ok(MigrationRunReport::Present(clock.report(&context, &run, None, Vec::new())?))
        }
    }
}

/// Plans a migration's next step without changing anything.
///
/// # Errors
/// Returns an error if the step cannot be made, or if something cannot be read.
pub fn plan_migration(
    observer: &mut dyn Observer,
    repo: &Repo,
    file: &LegacyFileOptions,
    is_announced: bool,
) -> Result<MigrationRunReport, OpsError> {
    let context = MigrationContext::of(repo)?;
    let target = next_target(&context, file.from.is_some())?;
    if target == MigrationPhase::LegacyLeads {
        context.step_to(target)?;
        let plan = plan_import(observer, &context, file)?;
        return Ok(MigrationRunReport::Planned(plan.into()));
    }
    let options = RunMigrationOptions {
        file: file.clone(),
        to: None,
        resume: false,
        force: false,
        batch: RunMigrationOptions::BATCH,
        is_announced,
        is_dry_run: true,
    };
    run_migration(observer, repo, &options)
}

/// Returns the phase that the next run leads to: the first phase if the user named a file, and the
/// current phase if the legacy file has changes that must be taken first.
///
/// # Errors
/// Returns an error if the two sides cannot be compared.
fn next_target(context: &MigrationContext<'_>, is_named: bool) -> Result<MigrationPhase, OpsError> {
    if is_named {
        return Ok(MigrationPhase::LegacyLeads);
    }
    // The other program's changes are taken before the next phase begins.
    if context.phase == MigrationPhase::LegacyLeads
        && !verification(context.repo, &Revision::named("HEAD"), &VerifiedRecords::All)?.consistent
    {
        return Ok(context.phase);
    }
    Ok(context.phase.next().unwrap_or(MigrationPhase::Finished))
}

/// Moves to a later phase, which requires the same content in both files.
fn advance(
    observer: &mut dyn Observer,
    context: &MigrationContext<'_>,
    clock: &RunClock,
    target: MigrationPhase,
    options: &RunMigrationOptions,
) -> Result<MigrationRunReport, OpsError> {
    let rules = context.dual_write()?;
    context.assert_ready(Some(&rules.legacy))?;
    let both = verification(context.repo, &Revision::named("HEAD"), &VerifiedRecords::All)?;
    if !both.consistent {
        let (phase, both) = (context.phase, both.into());
        return Err(MigrateRefusal::NotInStep { target, phase, both }.into());
    }
    let faults = context.id_faults()?;
    if target == MigrationPhase::RegistryLeads && !faults.is_empty() {
        return Err(MigrateRefusal::Faults(target, faults).into());
    }
    context.assert_quiet(target, options.force)?;
    let enabled = target != MigrationPhase::Stopped;
    let after = DualWrite { enabled, leading: Leading::Registry, ..rules.clone() };
    let tree = context.repo.commit(context.head)?.tree;
    let entry = context.repo.tree_entry(tree, CONFIG_PATH)?;
    let bytes = entry.map(|entry| context.repo.blob(entry.blob)).transpose()?;
    let (config, _) = with_rules(bytes.unwrap_or_default(), &after)?;
    let run = MigrationRun {
        records: both.total,
        processed: both.total,
        unchanged: both.total,
        ..MigrationRun::new(context.phase, target, now(context.repo))
    };
    let contents = vec![(RepoPath::config(), Some(config.into_bytes()))];
    let subject = subject(&run, &rules.legacy);
    if options.is_dry_run {
        return Ok(MigrationRunReport::WouldCommit(subject));
    }
    let draft = StepDraft { run: run.clone(), contents, subject, undone: 0 };
    let commit = draft.make(observer, context)?;
    Ok(MigrationRunReport::Step(clock.report(context, &run, commit, Vec::new())?))
}

/// Completes a step whose files are already known.
fn resume(
    observer: &mut dyn Observer,
    context: &MigrationContext<'_>,
    clock: &RunClock,
    run: &MigrationRun,
) -> Result<MigrationRunReport, OpsError> {
    let repo = context.repo;
    let made = if run.base.as_deref() == Some(&*context.head.to_string()) {
        // If a file has neither its old nor its new content, somebody has changed it in the
        // meantime.
        let files = run.files.iter().map(|file| (&file.path, [file.before, file.after]));
        let paths = MigrationFiles::of(repo)?.others(files)?;
        if !paths.is_empty() {
            let (to, resumes) = (run.to, true);
            return Err(MigrateRefusal::ChangedSince { to, paths, resumes }.into());
        }
        commit(observer, repo, run.clone())?
    } else {
        // HEAD has moved; perhaps the step's commit was created just before the interruption.
        assert_made(context, run)?;
        end(observer, repo, run.clone())?;
        context.head
    };
    let context = MigrationContext::of(repo)?;
    Ok(MigrationRunReport::Step(clock.report(&context, run, Some(made), Vec::new())?))
}

/// Checks that HEAD is the step's commit.
fn assert_made(context: &MigrationContext<'_>, run: &MigrationRun) -> Result<(), OpsError> {
    let commit = context.repo.commit(context.head)?;
    let is_on_base = commit.parents.first().map(CommitId::to_string) == run.base;
    let trailer = MigrationTrailer::of(&commit);
    if is_on_base && trailer.is_some_and(|trailer| trailer.phase == run.to) {
        return Ok(());
    }
    Err(MigrateRefusal::HeadMoved(run.to).into())
}
