//! `idhooks migrate status`: where the migration is.

use std::path::Path;

use clap::Args;
use idhooks_core::config::DualWrite;
use idhooks_core::legacy::LegacyState;
use idhooks_core::plan::migration::{MigrationPhase, MigrationRun, MigrationStatus, QuietTime};
use idhooks_core::registry::Timestamp;
use idhooks_ops::Revision;
use idhooks_repo::git::Repo;
use idhooks_repo::state::{DualWriteSwitch, ForeignWrite, in_step_since, quiet_time};
use idhooks_repo::store::CountersFile;
use idhooks_repo::transaction::committed_now;
use serde::Serialize;

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, count, json::document};

use super::compared::{ComparedFile, name};
use super::context::{MigrationContext, SWITCH_ON};
use super::next_step::{Gap, in_step_by, next};
use super::writes::{OperationCounts, RecentWrite, abbreviated, recent_writes};

/// Print the phase of the migration, the state of both files, and the last step
///
/// The history of HEAD says which phase it is, when another program last changed the legacy file, and whether the
/// phase has lasted long enough without that for the next step: see 'ready' in the table dual_write. The last
/// step, and how often both files were written, are those of this clone; while a step is under way, or after it
/// was interrupted, its progress is shown. --format json also has the last ten commits that changed the legacy
/// file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate status
  idhooks migrate status --format json")]
pub(super) struct StatusOfMigration {
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// The document of `migrate status`.
#[derive(Serialize)]
struct MigrationState {
    phase: MigrationPhase,
    path: Option<String>,
    format: Option<&'static str>,
    leading: Option<&'static str>,
    /// Whether commits made here write both files.
    enabled: bool,
    /// The environment variable that says so, with its value.
    switched_by: Option<String>,
    /// The legacy file beside the registry, while both are written.
    state: Option<&'static str>,
    /// Whether the index or the working tree has another version of the legacy file.
    edited: bool,
    discrepancies: usize,
    records: Option<usize>,
    legacy_records: Option<usize>,
    /// The last change of the legacy file by another program.
    foreign_write: Option<ForeignChange>,
    /// Since when both files have been in step, if they are.
    in_step_since: Option<Timestamp>,
    /// How long the phase has lasted without one, if there is a step after it.
    quiet: Option<QuietTime>,
    /// Whether that is long enough for the next step.
    ready: Option<bool>,
    writes: OperationCounts,
    changes: Vec<RecentWrite>,
    progress: f64,
    last_step: Option<LastStep>,
    /// Why there is no next step, if dual write was switched off while the legacy file leads.
    #[serde(skip)]
    stopped_early: Option<String>,
}

/// A change of the legacy file by another program.
#[derive(Serialize)]
struct ForeignChange {
    at: Timestamp,
    /// The commit that has it, if this clone has that.
    commit: Option<String>,
    subject: Option<String>,
}

impl ForeignChange {
    fn of(repo: &Repo, last: ForeignWrite) -> CommandResult<Self> {
        let title = repo.titles(last.commit.as_slice())?.pop();
        let commit = last.commit.map(|commit| commit.to_string());
        Ok(ForeignChange { at: last.at, commit, subject: title.map(|title| title.subject) })
    }

    fn line(&self) -> String {
        match (&self.commit, &self.subject) {
            (Some(commit), Some(subject)) => {
                format!("{}, in {} {subject}", self.at, abbreviated(commit))
            }
            _ => format!("{}, in a commit that is not in this clone", self.at),
        }
    }
}

/// The last step in this clone.
#[derive(Serialize)]
struct LastStep {
    from: MigrationPhase,
    to: MigrationPhase,
    started_at: Timestamp,
    finished_at: Option<Timestamp>,
    records: usize,
    processed: usize,
    converted: usize,
    deprecated: usize,
    unchanged: usize,
    skipped: usize,
}

impl LastStep {
    fn of(run: &MigrationRun) -> Self {
        LastStep {
            from: run.from,
            to: run.to,
            started_at: run.started_at,
            finished_at: run.finished_at,
            records: run.records,
            processed: run.processed,
            converted: run.converted,
            deprecated: run.deprecated,
            unchanged: run.unchanged,
            skipped: run.skipped,
        }
    }
}

impl StatusOfMigration {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        let context = MigrationContext::of(&repo)?;
        let head = Revision::named("HEAD");
        let view = head.view(&repo)?;
        let registry = head.registry(&repo, &view);
        let compared = match &registry {
            Ok(state) if context.phase.is_dual() => {
                ComparedFile::of(&repo, &view.tree, &state.registry)?
            }
            _ => None,
        };
        let status = MigrationStatus { phase: context.phase, run: context.run.clone() };
        let rules = context.rules.as_ref();
        let switch = rules.map(DualWriteSwitch::of);
        let changes = match rules {
            Some(rules) => recent_writes(&repo, &rules.legacy, context.head)?,
            None => Vec::new(),
        };
        let both = compared.as_ref();
        let is_changed = both.map(|both| both.is_changed_here(&view.tree)).transpose()?;
        let gap = both.map(|both| both.gap(&view, &[context.head])).transpose()?.flatten();
        switch.as_ref().and_then(DualWriteSwitch::warning).iter().for_each(|it| ui.warning(it));
        let tally = compared.as_ref().and_then(ComparedFile::tally);
        let last = context.last_foreign_write()?;
        let stopped_early = context.stopped_early();
        let has_next = !matches!(context.phase, MigrationPhase::Off | MigrationPhase::Finished)
            && stopped_early.is_none();
        let quiet = has_next.then(|| quiet_time(&repo, context.head, last, committed_now()));
        let quiet = quiet.transpose()?.flatten();
        let in_step = rules.filter(|_| both.is_some_and(|both| both.state == LegacyState::InStep));
        let since = in_step.map(|rules| in_step_since(&repo, context.head, rules, last));
        let state = MigrationState {
            phase: context.phase,
            path: rules.map(|rules| rules.legacy.to_string()),
            format: rules.map(|rules| rules.format.as_str()),
            leading: rules.map(|rules| rules.leading.as_str()),
            enabled: switch.as_ref().is_some_and(|switch| switch.is_on),
            switched_by: switch.and_then(|switch| switch.variable),
            state: compared.as_ref().map(|compared| name(&compared.state)),
            edited: is_changed.unwrap_or_default(),
            discrepancies: compared.as_ref().map_or(0, ComparedFile::discrepancies),
            records: view.registry().map(|registry| registry.allocations.len()),
            legacy_records: tally.map(|tally| tally.legacy_records()),
            foreign_write: last.map(|last| ForeignChange::of(&repo, last)).transpose()?,
            in_step_since: since.transpose()?.flatten(),
            ready: rules.zip(quiet).map(|(rules, quiet)| quiet.is_enough(rules.ready)),
            quiet,
            writes: OperationCounts::of(&CountersFile::in_dir(&repo.state_dir()).read()),
            changes,
            progress: status.progress(),
            last_step: status.run.as_ref().map(LastStep::of),
            stopped_early,
        };
        match self.format {
            Format::Json => ui.data(&document(&state)),
            Format::Text => {
                show(ui, &state, gap, rules);
            }
        }
        // The phase and an interrupted step are known even so, and they are what helps here.
        if let Err(error) = &registry
            && context.phase.is_dual()
        {
            ui.warning(&error.to_string());
            ui.hint(
                "to rebuild the registry from the legacy file: idhooks migrate run --from legacy",
            );
        }
        Ok(Exit::Fine)
    }
}

/// Returns what comes first if the environment contradicts the rules.
fn to_unset(rules: &DualWrite) -> Option<String> {
    let switch = DualWriteSwitch::of(rules);
    let name = switch.contradiction(rules)?.split('=').next().unwrap_or_default();
    Some(format!("unset {name}: no step is made while it contradicts idhooks.toml"))
}

fn show(ui: &mut Ui, state: &MigrationState, gap: Option<Gap>, rules: Option<&DualWrite>) {
    let mut rows = vec![["phase".to_owned(), state.phase.to_string()]];
    if let (Some(path), Some(format)) = (&state.path, state.format) {
        rows.push(["legacy file".to_owned(), format!("{path} ({format})")]);
    }
    if let Some(word) = state.state {
        let differences = match state.discrepancies {
            0 => String::new(),
            many => format!(": {}", count(many, "difference", "differences")),
        };
        rows.push(["state".to_owned(), format!("{}{differences}", word.replace('_', " "))]);
    }
    if state.edited {
        let what = "the legacy file has changes that are not committed, and are not compared here";
        rows.push(["uncommitted".to_owned(), what.to_owned()]);
    }
    if let Some(records) = state.records {
        let legacy = state.legacy_records.filter(|legacy| *legacy != records);
        let legacy =
            legacy.map_or(String::new(), |legacy| format!(", {legacy} in the legacy file"));
        rows.push(["registry".to_owned(), count(records, "record", "records") + &legacy]);
    }
    if let Some(variable) = &state.switched_by {
        let word = if state.enabled { "on" } else { "off" };
        rows.push(["writing".to_owned(), format!("switched {word} by {variable}")]);
    }
    if state.phase.is_dual() {
        let since = state.in_step_since.map(|at| ["in step since".to_owned(), at.to_string()]);
        rows.extend(since);
        let last = state.foreign_write.as_ref().map(ForeignChange::line);
        let last = last.unwrap_or_else(|| "none since the first step".to_owned());
        rows.push(["foreign write".to_owned(), last]);
        rows.push(["writes".to_owned(), state.writes.line()]);
        rows.extend(state.changes.first().map(|last| ["last change".to_owned(), last.line()]));
    }
    if let Some(step) = &state.last_step {
        let when = match step.finished_at {
            Some(at) => format!("made at {at}"),
            None => format!(
                "under way or interrupted: {} of {}; complete it with 'idhooks migrate run --resume', or undo it with 'idhooks migrate rollback'",
                step.processed,
                count(step.records, "record", "records")
            ),
        };
        rows.push(["last step".to_owned(), format!("{} -> {}, {when}", step.from, step.to)]);
    }
    if let (Some(quiet), Some(rule)) = (state.quiet, rules.map(|rules| rules.ready)) {
        let word = if quiet.is_enough(rule) { "yes" } else { "no" };
        let line = format!("{word}: {} without a foreign write", quiet.of_rule(rule));
        rows.push(["ready".to_owned(), line]);
    }
    // While a step is interrupted, that row says what comes next.
    let is_interrupted = state.last_step.as_ref().is_some_and(|step| step.finished_at.is_none());
    let none = |why: &String| format!("none: {why}; to go on: {SWITCH_ON}");
    let stopped = state.stopped_early.as_ref().map(none);
    let next = stopped.or_else(|| rules.and_then(to_unset)).or_else(|| match gap {
        None => next(state.phase).map(str::to_owned),
        Some(gap) => Some(in_step_by(state.phase, gap).to_owned()),
    });
    rows.extend(next.filter(|_| !is_interrupted).map(|next| ["next".to_owned(), next]));
    ui.table(rows);
}
