//! `idhooks migrate run`: makes the next step of a migration.

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::config::{CONFIG_PATH, DualWrite, Leading};
use idhooks_core::plan::migration::{MigrationPhase, MigrationRun, StepRefusal};
use idhooks_core::registry::RepoPath;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::MigrationTrailer;
use idhooks_repo::store::{MigrationFile, StoreError};
use idhooks_repo::transaction::{MigrationFiles, now};

use crate::commands::choice::choice;
use crate::commands::healing::report_taken;
use crate::commands::revision_args::RevisionArgs;
use crate::commands::transaction::writer::{Reach, writer_lock};
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Bar, MigrationFormat, RecordOutcome, SkippedRecord, Ui};

use super::context::{MigrationContext, interrupted};
use super::plan::{LegacyFileArgs, show};
use super::planned::{PlannedMigration, with_rules};
use super::rebuild::rebuild;
use super::report::{Reporter, SideCounts, in_step_by};
use super::source::LegacySource;
use super::step::{StepDraft, commit, end, subject};
use super::verify::verification;

/// The word that stands for the legacy file of the rules.
const LEGACY: &str = "legacy";
/// The phases to which a step leads.
const TARGETS: [MigrationPhase; 3] =
    [MigrationPhase::LegacyLeads, MigrationPhase::RegistryLeads, MigrationPhase::Stopped];

/// Make the next step of a migration, as one commit
///
/// Without --to, the first step is made: the records of FILE come into the registry, as 'idhooks import'
/// takes them, and from then on every commit writes both files. In the phase legacy-leads, it takes what
/// has changed in the legacy file without the hooks. A second run changes nothing.
///
/// --to names the phase of a later step; none can be skipped. registry-leads and stopped need both files
/// in step.
///
/// If the process dies, --resume completes the step: the result is the same, byte for byte.
/// 'idhooks migrate rollback' undoes it.
///
/// --from legacy rebuilds a registry that is damaged or lost from the legacy file; 'idhooks export
/// --format legacy' writes the legacy file from the registry.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate run --from registry/ID_REGISTRY.json
  idhooks migrate run --to registry-leads --report markdown
  idhooks migrate run --resume

Exit code: 0 done, or nothing to do; 1 a person must decide about some records, or both sides differ, \
and nothing was changed; 2 an error, and nothing was changed")]
pub(super) struct RunMigration {
    #[command(flatten)]
    file: LegacyFileArgs,
    /// Phase to go to, the next one
    #[arg(long, value_parser = choice(TARGETS, MigrationPhase::as_str, None), value_name = "PHASE")]
    to: Option<MigrationPhase>,
    /// Complete a step that was interrupted
    #[arg(long, conflicts_with_all = ["from", "to", "dry_run"])]
    resume: bool,
    /// Records after which the progress is recorded, for 'idhooks migrate status'
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    batch: u32,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Format of the report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    report: MigrationFormat,
}

impl RunMigration {
    pub(super) fn run(mut self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?.synced();
        let _lock = writer_lock(&repo, "migrate run", Reach::Everything)?;
        let mut context = MigrationContext::of(&repo)?;
        let reporter = Reporter::new(self.report, self.dry_run);
        if let Some(run) = context.unfinished().cloned() {
            if !self.resume {
                return Err(interrupted(&run));
            }
            if !run.files.is_empty() {
                return resume(ui, &context, &run, &reporter);
            }
            // It had only begun to plan: nothing was changed.
            self.file.from = run.source.as_ref().map(PathBuf::from);
            self.file.format = run.format_of_source();
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
        let first = if context.phase == MigrationPhase::Off {
            MigrationPhase::LegacyLeads
        } else {
            context.phase
        };
        let target = self.to.unwrap_or(first);
        let is_step = context.phase.step_to(target).map_err(|refusal| refused(refusal, target))?;
        match target {
            MigrationPhase::LegacyLeads => self.import(ui, &context, dir, &reporter),
            _ if is_step => advance(ui, &context, target, &reporter),
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

    /// Takes the records of the legacy file, which leads from then on.
    fn import(
        &self,
        ui: &mut Ui,
        context: &MigrationContext<'_>,
        dir: &Path,
        reporter: &Reporter,
    ) -> CommandResult<Exit> {
        let source = self.file.source(context, dir)?;
        source.assert_committed(context.repo)?;
        context.assert_ready(Some(&source.rules.legacy))?;
        let mut run = MigrationRun {
            base: Some(context.head.to_string()),
            source: Some(source.absolute()?),
            format: Some(source.format.to_string()),
            batch: self.batch as usize,
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
        let planned = PlannedMigration::of(ui, context.repo, source)?;
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
        run.converted = records.len() - run.skipped - run.unchanged;
        if self.dry_run {
            show(ui, &planned, source, (context.phase, records), self.report);
            return Ok((if run.skipped > 0 { Exit::Findings } else { Exit::Fine }, false));
        }
        if run.skipped > 0 {
            let skipped = records
                .into_iter()
                .filter_map(|one| Some(SkippedRecord { key: one.key, reason: one.reason? }));
            let counts = SideCounts { converted: 0, unchanged: run.unchanged };
            let report = reporter.report(context, run, None, counts, skipped.collect())?;
            reporter.show(ui, &report);
            ui.hint("nothing was changed; correct these records in the legacy file, or in the registry, then run it again");
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
            report_taken(ui, taken, &planned.after);
        }
        let counts = SideCounts::of(run, commit.is_some());
        let report = reporter.report(context, run, commit, counts, Vec::new())?;
        reporter.show(ui, &report);
        Ok((Exit::Fine, commit.is_some()))
    }
}

/// The journal while a step is planned.
struct StepJournal {
    /// The journal; nothing for a run that changes nothing.
    file: Option<MigrationFile>,
    /// The last step before.
    previous: Option<MigrationRun>,
}

impl StepJournal {
    fn of(context: &MigrationContext<'_>, is_dry_run: bool) -> Self {
        let file = MigrationFile::in_dir(&context.repo.worktree_state_dir());
        StepJournal { file: (!is_dry_run).then_some(file), previous: context.run.clone() }
    }

    fn write(&self, run: &MigrationRun) -> Result<(), StoreError> {
        self.file.as_ref().map_or(Ok(()), |file| file.write(run))
    }

    /// Restores the journal of the step before, unless the files of this one are to be completed.
    fn forget(&self, ui: &mut Ui) {
        let Some(file) = &self.file else { return };
        if matches!(file.read(), Ok(Some(run)) if !run.files.is_empty()) {
            return;
        }
        let restored = match &self.previous {
            Some(run) => file.write(run),
            None => file.remove(),
        };
        if let Err(error) = restored {
            ui.warning(&error.to_string());
        }
    }
}

/// Goes to a later phase, in which both files say the same as before.
fn advance(
    ui: &mut Ui,
    context: &MigrationContext<'_>,
    target: MigrationPhase,
    reporter: &Reporter,
) -> CommandResult<Exit> {
    let rules = context.dual_write()?;
    context.assert_ready(Some(&rules.legacy))?;
    let both = verification(context.repo, &RevisionArgs::at("HEAD"), None)?;
    if !both.consistent {
        ui.lines(both.lines());
        let what = format!("the step to '{target}' needs both files in step; nothing was changed");
        let error = CommandError::new(what).because(&both.summary());
        let error = error.hint(in_step_by(context.phase, both.error.is_none()));
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
    let counts = SideCounts { converted: 0, unchanged: both.total };
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

fn refused(refusal: StepRefusal, target: MigrationPhase) -> CommandError {
    let error =
        CommandError::new(format!("the step to '{target}' cannot be made")).because(&refusal);
    match refusal {
        StepRefusal::Skipped(MigrationPhase::LegacyLeads) => {
            error.hint("begin the migration: idhooks migrate run --from FILE")
        }
        StepRefusal::Skipped(phase) => {
            error.hint(format!("first: idhooks migrate run --to {phase}"))
        }
        StepRefusal::Passed(_) => {
            error.hint(format!("to go back: idhooks migrate rollback --to {target}"))
        }
    }
}
