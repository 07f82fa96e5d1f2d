//! `idhooks migrate status`: shows the state of the migration.

use std::path::Path;

use clap::Args;
use idhooks_ops::{
    ForeignChange, MigrationState, OperationCounts, RecentWrite, Repo, migration_state,
};

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, count, json::document};

use super::super::report::next::{SWITCH_ON, in_step_by, next_after, stopped_early};

/// Print the phase of the migration, the state of both files, and the last step
///
/// The phase, the last change to the legacy file by another program, and whether the next step is
/// allowed (see 'ready' in the 'dual_write' table) are derived from the history of HEAD. The last
/// step and the number of writes are specific to this clone. While a step is running, or after it
/// was interrupted, its progress is shown. --format json also lists the last ten commits that
/// changed the legacy file.
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

impl StatusOfMigration {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let state = migration_state(&Repo::open(dir)?)?;
        state.remark.iter().for_each(|remark| ui.warning(remark));
        match self.format {
            Format::Json => ui.data(&document(&state)),
            Format::Text => show(ui, &state),
        }
        // The phase and an interrupted step can be shown without a registry, and help the user to
        // repair it.
        if let Some(error) = &state.unreadable {
            ui.warning(&error.to_string());
            ui.hint(
                "to rebuild the registry from the legacy file: idhooks migrate run --from legacy",
            );
        }
        Ok(Exit::Fine)
    }
}

/// Formats another program's change as a line.
fn foreign_line(change: &ForeignChange) -> String {
    match (&change.commit, &change.subject) {
        (Some(commit), Some(subject)) => {
            format!("{}, in {} {subject}", change.at, abbreviated(commit))
        }
        _ => format!("{}, in a commit that is not in this clone", change.at),
    }
}

/// Formats the number of times this clone wrote the legacy file as a line.
fn writes_line(writes: &OperationCounts) -> String {
    let rate = writes.success_rate.map(|rate| format!(" ({rate} %)")).unwrap_or_default();
    match writes.total_operations {
        0 => "none yet in this clone".to_owned(),
        total => {
            format!("{} of {total} succeeded in this clone{rate}", writes.successful_operations)
        }
    }
}

/// Formats a commit that changed the legacy file as a line.
fn recent_line(RecentWrite { commit, date, subject }: &RecentWrite) -> String {
    format!("{date}, {} {subject}", abbreviated(commit))
}

/// Abbreviates a commit id.
fn abbreviated(commit: &str) -> &str {
    commit.get(..10).unwrap_or(commit)
}

/// Returns advice if the environment contradicts idhooks.toml.
fn to_unset(state: &MigrationState) -> Option<String> {
    let is_contradicted = state.rules.as_ref()?.enabled != state.enabled;
    let variable = state.switched_by.as_ref().filter(|_| is_contradicted)?;
    let name = variable.split('=').next().unwrap_or_default();
    Some(format!("unset {name}: no step can be made while it contradicts idhooks.toml"))
}

fn show(ui: &mut Ui, state: &MigrationState) {
    let rules = state.rules.as_ref();
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
        let legacy = legacy.map(|n| format!(", {n} in the legacy file")).unwrap_or_default();
        rows.push(["registry".to_owned(), count(records, "record", "records") + &legacy]);
    }
    if let Some(variable) = &state.switched_by {
        let word = if state.enabled { "on" } else { "off" };
        rows.push(["writing".to_owned(), format!("switched {word} by {variable}")]);
    }
    if state.phase.is_dual() {
        let since = state.in_step_since.map(|at| ["in step since".to_owned(), at.to_string()]);
        rows.extend(since);
        let last = state.foreign_write.as_ref().map(foreign_line);
        let last = last.unwrap_or_else(|| "none since the first step".to_owned());
        rows.push(["foreign write".to_owned(), last]);
        rows.push(["writes".to_owned(), writes_line(&state.writes)]);
        let last = state.changes.first().map(recent_line);
        rows.extend(last.map(|last| ["last change".to_owned(), last]));
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
    // If a step was interrupted, its row shows the next action.
    let is_interrupted = state.last_step.as_ref().is_some_and(|step| step.finished_at.is_none());
    let none = |legacy| format!("none: {}; to continue: {SWITCH_ON}", stopped_early(legacy));
    let stopped = state.stopped_early.as_ref().map(none);
    // Obstacles that block every step are shown instead of the next step, because a user acts on a
    // single line.
    let next = stopped.or_else(|| to_unset(state)).or_else(|| match state.gap {
        None => next_after(state.phase).map(str::to_owned),
        Some(gap) => Some(in_step_by(state.phase, gap).to_owned()),
    });
    rows.extend(next.filter(|_| !is_interrupted).map(|next| ["next".to_owned(), next]));
    ui.table(rows);
}
