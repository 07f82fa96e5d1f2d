//! `idhooks migrate run`: makes the next step of a migration.

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::config::{CONFIG_PATH, DualWrite, Leading};
use idhooks_core::plan::migration::{MigrationPhase, MigrationRun};
use idhooks_core::registry::RepoPath;
use idhooks_ops::{
    MigrateRefusal, MigrationContext, Reach, Revision, VerifiedRecords, assert_no_contradiction,
    report_taken, verification, writer_lock,
};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::MigrationTrailer;
use idhooks_repo::transaction::{MigrationFiles, now};

use crate::commands::choice::choice;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{
    Bar, MigrationFormat, RecordOutcome, SkippedRecord, Ui, announcement, in_step_by,
    verification_lines, verification_summary,
};

use super::decisions::to_decide;
use super::finish::finish;
use super::legacy_file_args::LegacyFileArgs;
use super::plan_report::show;
use super::planned::{PlannedMigration, with_rules};
use super::rebuild::rebuild;
use super::report::{Reporter, SideCounts};
use super::source::LegacySource;
use super::step::{StepDraft, StepJournal, commit, end, subject};

/// The word that stands for the legacy file of the rules.
const LEGACY: &str = "legacy";
/// The records after which the progress is recorded.
const BATCH: u32 = 10_000;
/// The phases to which a step leads.
const TARGETS: [MigrationPhase; 4] = [
    MigrationPhase::LegacyLeads,
    MigrationPhase::RegistryLeads,
    MigrationPhase::Stopped,
    MigrationPhase::Finished,
];

/// Run the next step of a migration, as one commit
///
/// The step is shown before it is made. The first one takes the records of FILE into the registry, as
/// 'idhooks import' does, and from then on every commit writes both files. In the phase legacy-leads,
/// what has changed in the legacy file without the hooks is taken first; that is no step.
///
/// The later steps need both files in step, and a phase that has lasted for some days and commits without a
/// change of the legacy file by another program: see 'ready' in the table dual_write of idhooks.toml. --force
/// goes on without waiting. --to names the phase that is expected; none can be skipped.
///
/// If the process dies, --resume completes the step: the result is the same, byte for byte.
/// 'idhooks migrate rollback' undoes it.
///
/// --from legacy rebuilds a registry that is damaged or lost from the legacy file; 'idhooks export
/// --format legacy' writes the legacy file from the registry.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate run
  idhooks migrate run --from registry/ID_REGISTRY.json
  idhooks migrate run --to registry-leads --report markdown
  idhooks migrate run --resume

Exit code: 0 done, or nothing to do; 1 it is too early, a person must decide about some records, or both \
sides differ, and nothing was changed; 2 an error, and nothing was changed")]
pub(super) struct RunMigration {
    #[command(flatten)]
    file: LegacyFileArgs,
    /// Phase to go to: the next one, or legacy-leads again, to take what has changed
    #[arg(long, value_parser = choice(TARGETS, MigrationPhase::as_str, None), value_name = "PHASE")]
    to: Option<MigrationPhase>,
    /// Complete a step that was interrupted
    #[arg(long, conflicts_with_all = ["from", "to", "dry_run", "no_adopt_names"])]
    resume: bool,
    /// Run a later step without waiting for 'ready'
    #[arg(long, conflicts_with = "resume")]
    force: bool,
    /// Records after which the progress is recorded, for 'idhooks migrate status'
    #[arg(long, value_name = "N", default_value_t = BATCH, value_parser = clap::value_parser!(u32).range(1..))]
    batch: u32,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Format of the report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    report: MigrationFormat,
}

impl RunMigration {
    /// Returns the next run, which shows what it would do and does nothing.
    pub(super) fn shown(file: LegacyFileArgs, report: MigrationFormat) -> Self {
        let (to, resume, force, dry_run, batch) = (None, false, false, true, BATCH);
        RunMigration { file, to, resume, force, batch, dry_run, report }
    }

    pub(super) fn run(mut self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?.synced();
        let _lock = writer_lock(&repo, "migrate run", Reach::Everything)?;
        let mut context = MigrationContext::of(&repo)?;
        let reporter = Reporter::new(self.report, self.dry_run);
        if let Some(run) = context.unfinished().cloned() {
            if !self.resume {
                return Err(MigrateRefusal::Interrupted(run.to).into());
            }
            if !run.files.is_empty() {
                let rules = context.rules.clone().unwrap_or_default();
                let finished = run.to == MigrationPhase::Finished;
                let enabled = run.to.is_dual();
                assert_no_contradiction(&DualWrite { enabled, finished, ..rules })?;
                return resume(ui, &context, &run, &reporter);
            }
            // It had only begun to plan: nothing was changed.
            self.file.from = run.source.as_ref().map(PathBuf::from);
            self.file.format = run.format_of_source();
            self.file.no_adopt_names = run.no_adopt_names;
            self.batch = u32::try_from(run.batch).unwrap_or(self.batch);
            context.run = None;
        }
        if self.resume && self.file.from.is_none() {
            let what = "there is nothing to resume: no step was interrupted";
            return Err(CommandError::new(what).hint("see where it is: idhooks migrate status"));
        }
        if self.file.from.as_deref() == Some(Path::new(LEGACY)) {
            return rebuild(ui, &context, &reporter);
        }
        if let Some(rules) = &context.rules {
            assert_no_contradiction(rules)?;
        }
        context.assert_not_stopped_early()?;
        let target = match self.to {
            Some(target) => target,
            None => next_target(&context, self.file.from.is_some())?,
        };
        let is_step = context.step_to(target)?;
        if target == MigrationPhase::LegacyLeads {
            return self.import(ui, &context, dir, &reporter);
        }
        let rules = context.dual_write()?;
        self.announce(ui, context.phase, target, &rules.legacy);
        match target {
            MigrationPhase::Finished => finish(ui, &context, &reporter, self.force),
            _ if is_step => advance(ui, &context, target, &reporter, self.force),
            _ => {
                let run = MigrationRun::new(context.phase, target, now());
                let counts = SideCounts::default();
                let report = reporter.report(&context, &run, None, counts, Vec::new())?;
                reporter.show(ui, &report);
                let is_wrong = report.verification.is_some_and(|both| !both.consistent);
                Ok(if is_wrong { Exit::Findings } else { Exit::Fine })
            }
        }
    }

    /// Says what this run does, unless the step was named.
    fn announce(&self, ui: &mut Ui, from: MigrationPhase, to: MigrationPhase, legacy: &RepoPath) {
        if self.to.is_none() && self.report == MigrationFormat::Text {
            ui.status(&announcement(from, to, legacy));
        }
    }

    /// Takes the records of the legacy file, which leads from then on.
    fn import(
        &self,
        ui: &mut Ui,
        context: &MigrationContext<'_>,
        dir: &Path,
        reporter: &Reporter,
    ) -> CommandResult<Exit> {
        let source = self.file.source(context, dir)?;
        self.announce(ui, context.phase, MigrationPhase::LegacyLeads, &source.rules.legacy);
        source.assert_committed(context.repo)?;
        assert_no_contradiction(&source.rules)?;
        context.assert_ready(Some(&source.rules.legacy))?;
        let mut run = MigrationRun {
            base: Some(context.head.to_string()),
            source: Some(source.absolute()?),
            format: Some(source.format.to_string()),
            batch: self.batch as usize,
            no_adopt_names: self.file.no_adopt_names,
            ..MigrationRun::new(context.phase, MigrationPhase::LegacyLeads, now())
        };
        let journal = StepJournal::of(context, self.dry_run);
        journal.write(&run)?;
        let done = self.planned_import(ui, context, &source, &mut run, (&journal, reporter));
        match done {
            Ok((_, true)) => {}
            // The step was not made: the journal is that of the last one that was.
            _ => journal.forget(ui),
        }
        done.map(|(exit, _)| exit)
    }

    /// Does that, and returns also whether a step was made, or begun so far that its journal is needed.
    fn planned_import(
        &self,
        ui: &mut Ui,
        context: &MigrationContext<'_>,
        source: &LegacySource,
        run: &mut MigrationRun,
        (journal, reporter): (&StepJournal, &Reporter),
    ) -> CommandResult<(Exit, bool)> {
        let planned = PlannedMigration::of(ui, context.repo, source, !self.file.no_adopt_names)?;
        run.records = planned.source.allocations.len();
        let bar = Bar::start("planning records", run.records as u64);
        let mut problem = None;
        let records = planned.records(|| {
            bar.step();
            run.processed += 1;
            if run.processed.is_multiple_of(run.batch) {
                problem = journal.write(run).err().or(problem.take());
            }
        });
        bar.finish();
        problem.map_or(Ok(()), Err)?;
        let of = |outcome| records.iter().filter(|one| one.outcome == outcome).count();
        run.skipped = of(RecordOutcome::Skip);
        run.unchanged = of(RecordOutcome::Unchanged);
        run.deprecated = of(RecordOutcome::Deprecate);
        run.converted = records.len() - run.skipped - run.unchanged - run.deprecated;
        if self.dry_run {
            show(ui, &planned, source, (context.phase, records), self.report);
            return Ok((if planned.is_refused() { Exit::Findings } else { Exit::Fine }, false));
        }
        if planned.is_refused() {
            let skipped = records
                .into_iter()
                .filter_map(|one| Some(SkippedRecord { key: one.key, reason: one.reason? }))
                .chain(planned.questions());
            let counts = SideCounts { unchanged: run.unchanged, ..SideCounts::default() };
            let report = reporter.report(context, run, None, counts, skipped.collect())?;
            reporter.show(ui, &report);
            ui.hint(&format!("nothing was changed; {}", to_decide(context.phase)));
            return Ok((Exit::Findings, false));
        }
        let contents = vec![
            (RepoPath::registry(), Some(planned.after.format().into_bytes())),
            (RepoPath::config(), Some(planned.config.into_bytes())),
            (RepoPath::attributes(), Some(planned.attributes)),
            (source.rules.legacy.clone(), Some(planned.legacy.into_bytes())),
        ];
        let subject = subject(run, &source.rules.legacy);
        let draft = StepDraft { run: run.clone(), contents, subject, undone: 0 };
        let commit = draft.make(ui, context)?;
        planned.notes.iter().for_each(|note| ui.status(&format!("note: {note}")));
        if let Some(taken) = &planned.taken {
            report_taken(ui, Some(context.repo), [(taken, &planned.after)], &[]);
        }
        let counts = SideCounts::of(run, commit.is_some());
        let report = reporter.report(context, run, commit, counts, Vec::new())?;
        reporter.show(ui, &report);
        Ok((Exit::Fine, commit.is_some()))
    }
}

/// Returns the phase after the next run: the present one if the legacy file has what is to be taken first, and
/// the first one if a file was named.
///
/// # Errors
/// Returns an error if both sides cannot be compared.
pub(super) fn next_target(
    context: &MigrationContext<'_>,
    is_named: bool,
) -> CommandResult<MigrationPhase> {
    if is_named {
        return Ok(MigrationPhase::LegacyLeads);
    }
    if context.phase == MigrationPhase::LegacyLeads
        && !verification(context.repo, &Revision::named("HEAD"), &VerifiedRecords::All)?.consistent
    {
        return Ok(context.phase);
    }
    Ok(context.phase.next().unwrap_or(MigrationPhase::Finished))
}

/// Goes to a later phase, in which both files say the same as before.
fn advance(
    ui: &mut Ui,
    context: &MigrationContext<'_>,
    target: MigrationPhase,
    reporter: &Reporter,
    is_forced: bool,
) -> CommandResult<Exit> {
    let rules = context.dual_write()?;
    context.assert_ready(Some(&rules.legacy))?;
    let both = verification(context.repo, &Revision::named("HEAD"), &VerifiedRecords::All)?;
    if !both.consistent {
        ui.lines(verification_lines(&both));
        let what = format!("the step to '{target}' needs both files in step; nothing was changed");
        let error = CommandError::new(what).because(&verification_summary(&both));
        let error = error.hint(in_step_by(context.phase, both.gap()));
        return Err(CommandError { exit: Exit::Findings, ..error });
    }
    let faults = context.id_faults()?;
    if target == MigrationPhase::RegistryLeads && !faults.is_empty() {
        ui.complain(&faults);
        let what = format!(
            "the step to '{target}' cannot be made with these findings; nothing was changed"
        );
        let error = CommandError::new(what).hint("correct them, commit, then run it again");
        return Err(CommandError { exit: Exit::Findings, ..error });
    }
    context.assert_quiet(target, is_forced)?;
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
        ..MigrationRun::new(context.phase, target, now())
    };
    let contents = vec![(RepoPath::config(), Some(config.into_bytes()))];
    let subject = subject(&run, &rules.legacy);
    if reporter.is_dry_run() {
        return reporter.would(ui, &subject);
    }
    let draft = StepDraft { run: run.clone(), contents, subject, undone: 0 };
    let commit = draft.make(ui, context)?;
    let counts = SideCounts { unchanged: both.total, ..SideCounts::default() };
    let report = reporter.report(context, &run, commit, counts, Vec::new())?;
    reporter.show(ui, &report);
    Ok(Exit::Fine)
}

/// Completes a step whose files are known.
fn resume(
    ui: &mut Ui,
    context: &MigrationContext<'_>,
    run: &MigrationRun,
    reporter: &Reporter,
) -> CommandResult<Exit> {
    let repo = context.repo;
    let made = if run.base.as_deref() == Some(&*context.head.to_string()) {
        let files = run.files.iter().map(|file| (&file.path, [file.before, file.after]));
        let others = MigrationFiles::of(repo)?.others(files)?;
        if !others.is_empty() {
            let what =
                format!("files of the step to '{}' changed since it was interrupted", run.to);
            return Err(CommandError::new(what)
                .listing(others.iter().map(|path| format!("'{path}'")), 10)
                .hint("put your edits aside: git stash; then complete the step: idhooks migrate run --resume"));
        }
        commit(ui, repo, run.clone())?
    } else {
        assert_made(context, run)?;
        end(ui, repo, run.clone())?;
        context.head
    };
    let context = MigrationContext::of(repo)?;
    let counts = SideCounts::of(run, true);
    let report = reporter.report(&context, run, Some(made), counts, Vec::new())?;
    reporter.show(ui, &report);
    Ok(Exit::Fine)
}

/// Asserts that HEAD is the commit of a step.
fn assert_made(context: &MigrationContext<'_>, run: &MigrationRun) -> CommandResult<CommitId> {
    let commit = context.repo.commit(context.head)?;
    let is_on_base = commit.parents.first().map(CommitId::to_string) == run.base;
    let trailer = MigrationTrailer::of(&commit);
    if is_on_base && trailer.is_some_and(|trailer| trailer.phase == run.to) {
        return Ok(context.head);
    }
    let what = format!("HEAD has moved since the step to '{}' was interrupted", run.to);
    Err(CommandError::new(what).hint("undo what it left behind: idhooks migrate rollback"))
}
