//! The step that takes the records from a legacy file, which then leads.

use idhooks_core::config::MigrationPhase;
use idhooks_core::registry::RepoPath;
use idhooks_migration::MigrationRun;
use idhooks_repo::transaction::now;

use super::context::{MigrationContext, assert_no_contradiction};
use super::foreign_settings::offers;
use super::number_bound::about_bound;
use super::options::{MigrationRunReport, RunMigrationOptions};
use super::plan::{MigrationNote, MigrationPlan, MigrationQuestion, PlannedRecord, RecordOutcome};
use super::planned_migration::PlannedMigration;
use super::report::RunClock;
use super::source::{LegacyFileOptions, LegacySource};
use super::step::{StepDraft, StepJournal, subject};
use crate::{Notice, Observer, OpsError, Progress, report_taken};

/// Plans a step that takes the records from a legacy file.
///
/// # Errors
/// Returns an error if the records cannot be taken, or if something cannot be read.
pub(super) fn plan_import(
    observer: &mut dyn Observer,
    context: &MigrationContext<'_>,
    file: &LegacyFileOptions,
) -> Result<MigrationPlan, OpsError> {
    let repo = context.repo;
    let source = LegacySource::of(repo, file, context.rules.as_ref())?;
    // Obstacles to the step are checked first: until they are removed, the step may end up with
    // different rules.
    assert_ready(context, &source)?;
    let planned = PlannedMigration::of(observer, repo, &source, !file.renumber_names)?;
    let tree = repo.index(&repo.index_file())?.tree;
    let mut notes = offers(repo, &tree, planned.source.scope)?;
    let is_first = context.phase == MigrationPhase::Off;
    notes.extend(about_bound(&planned.source, &source.rules).filter(|_| is_first));
    let records = records(observer, &planned, || Ok(()))?;
    let mut plan = plan(context.phase, &source, planned, records);
    plan.notes.extend(notes);
    Ok(plan)
}

/// Checks that a step can be made with this file.
fn assert_ready(context: &MigrationContext<'_>, source: &LegacySource) -> Result<(), OpsError> {
    source.assert_committed(context.repo)?;
    assert_no_contradiction(context.repo, &source.rules)?;
    context.assert_ready(Some(&source.rules.legacy))
}

/// Returns the outcome for each record. Calls `step` for each of them; if any call fails, its last
/// error is returned at the end.
fn records(
    observer: &mut dyn Observer,
    planned: &PlannedMigration,
    mut step: impl FnMut() -> Result<(), OpsError>,
) -> Result<Vec<PlannedRecord>, OpsError> {
    let total = planned.source.allocations.len();
    let mut problem = Ok(());
    let records = planned.records(|| {
        observer.progress(Progress::Planning(total));
        // A callback has no way to stop the planning.
        if let Err(error) = step() {
            problem = Err(error);
        }
    });
    observer.progress(Progress::Done);
    problem.map(|()| records)
}

/// Returns a migration's plan.
fn plan(
    phase: MigrationPhase,
    source: &LegacySource,
    planned: PlannedMigration,
    records: Vec<PlannedRecord>,
) -> MigrationPlan {
    MigrationPlan {
        phase,
        source: source.name(),
        legacy: source.rules.legacy.clone(),
        format: source.rules.format,
        records,
        questions: planned.questions(),
        is_refused: planned.is_refused(),
        added: planned.added(),
        // After the first step, only the changes made by this run matter.
        counters: planned.counters(&source.rules, phase != MigrationPhase::Off),
        head: planned.head_changes().to_vec(),
        path_keys: planned.path_keys,
        kept: planned.kept,
        notes: planned.notes.into_iter().map(MigrationNote::Kept).collect(),
    }
}

/// Takes the records from the legacy file, which then leads.
///
/// # Errors
/// Returns an error if the records cannot be taken, or if something cannot be read or written.
pub(super) fn import_step(
    observer: &mut dyn Observer,
    context: &MigrationContext<'_>,
    clock: &RunClock,
    options: &RunMigrationOptions,
) -> Result<MigrationRunReport, OpsError> {
    let source = LegacySource::of(context.repo, &options.file, context.rules.as_ref())?;
    let (from, to) = (context.phase, MigrationPhase::LegacyLeads);
    if options.is_announced {
        observer.notice(Notice::NextStep { from, to, legacy: source.rules.legacy.clone() });
    }
    assert_ready(context, &source)?;
    let run = MigrationRun {
        base: Some(context.head.to_string()),
        source: Some(source.absolute()?),
        format: Some(source.format.to_string()),
        batch: options.batch,
        no_adopt_names: options.file.renumber_names,
        ..MigrationRun::new(from, to, now(context.repo))
    };
    let journal = StepJournal::of(context, options.is_dry_run);
    // The journal is written before planning, so that a killed run can be resumed with the same
    // options.
    journal.write(&run)?;
    let done = take_records(observer, context, clock, &source, &journal, run);
    let is_made = matches!(&done, Ok(MigrationRunReport::Step(step)) if step.commit.is_some());
    if !is_made {
        // No step was made, so the journal must again describe the previous step.
        journal.forget(observer);
    }
    done
}

fn take_records(
    observer: &mut dyn Observer,
    context: &MigrationContext<'_>,
    clock: &RunClock,
    source: &LegacySource,
    journal: &StepJournal,
    mut run: MigrationRun,
) -> Result<MigrationRunReport, OpsError> {
    let planned = PlannedMigration::of(observer, context.repo, source, !run.no_adopt_names)?;
    run.records = planned.source.allocations.len();
    let records = records(observer, &planned, || {
        run.processed += 1;
        match run.processed.is_multiple_of(run.batch) {
            true => Ok(journal.write(&run)?),
            false => Ok(()),
        }
    })?;
    let of = |outcome| records.iter().filter(|one| one.outcome == outcome).count();
    run.skipped = of(RecordOutcome::Skip);
    run.unchanged = of(RecordOutcome::Unchanged);
    run.deprecated = of(RecordOutcome::Deprecate);
    run.converted = records.len() - run.skipped - run.unchanged - run.deprecated;
    if journal.is_dry_run() {
        let plan = plan(context.phase, source, planned, records);
        return Ok(MigrationRunReport::Planned(plan.into()));
    }
    if planned.is_refused() {
        let skipped = records.into_iter().filter(|one| !one.conflicts.is_empty());
        let question = |PlannedRecord { id, conflicts, .. }: PlannedRecord| MigrationQuestion {
            key: id.to_string(),
            conflicts,
        };
        let skipped = skipped.map(question).chain(planned.questions()).collect();
        return Ok(MigrationRunReport::Step(clock.report(context, &run, None, skipped)?));
    }
    let contents = vec![
        (RepoPath::registry(), Some(planned.after.format().into_bytes())),
        (RepoPath::config(), Some(planned.config.into_bytes())),
        (RepoPath::attributes(), Some(planned.attributes)),
        (source.rules.legacy.clone(), Some(planned.legacy.into_bytes())),
    ];
    let subject = subject(&run, &source.rules.legacy);
    let draft = StepDraft { run: run.clone(), contents, subject, undone: 0 };
    let commit = draft.make(observer, context)?;
    // Notes about a failed step would be misleading, so they are issued after the commit.
    planned.notes.into_iter().for_each(|note| observer.notice(Notice::Remark(note)));
    if let Some(taken) = &planned.taken {
        report_taken(observer, Some(context.repo), [(taken, &planned.after)], &[]);
    }
    Ok(MigrationRunReport::Step(clock.report(context, &run, commit, Vec::new())?))
}
