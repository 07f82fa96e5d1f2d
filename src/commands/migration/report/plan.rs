//! Formats the plan of a migration.

use std::collections::BTreeMap;

use idhooks_core::config::{MigrationPhase, PathForm};
use idhooks_core::registry::in_order;
use idhooks_ops::{
    AddedRecord, KeptNumber, LegacyChange, MigrationPlan, PlannedCounter, PlannedRecord,
    RecordOutcome,
};
use serde::Serialize;

use super::next::{conflict_reason, migration_note, to_decide};
use super::{MOST_LISTED, MigrationFormat, SkippedRecord, more};
use crate::output::{Ui, count, escaped, json::document};

/// A change in the head is shown in full if its two values have at most this many characters in
/// total.
const LONGEST_VALUES: usize = 100;

/// The member of the head that is shown as one line per counter.
const COUNTERS: &str = "counters";

/// A record in the plan, with its outcome.
#[derive(Serialize)]
struct RecordRow<'p> {
    key: String,
    outcome: RecordOutcome,
    path: String,
    reason: Option<String>,
    updates: &'p [LegacyChange],
    changes: &'p [LegacyChange],
}

/// A migration plan.
#[derive(Serialize)]
struct PlanDocument<'p> {
    /// The number of records with each outcome.
    #[serde(flatten, serialize_with = "in_order")]
    counts: Vec<(&'static str, usize)>,
    phase: MigrationPhase,
    source: &'p str,
    path: String,
    format: &'static str,
    records: Vec<RecordRow<'p>>,
    questions: Vec<SkippedRecord<'p>>,
    added: &'p [AddedRecord],
    kept: &'p [KeptNumber],
    counters: &'p [PlannedCounter],
    head: &'p [LegacyChange],
    #[serde(rename = "keys")]
    path_keys: &'p BTreeMap<String, PathForm>,
    notes: Vec<String>,
    /// Whether a human has to decide something.
    #[serde(skip)]
    is_refused: bool,
}

/// Prints a plan.
pub(in crate::commands) fn show_migration_plan(
    ui: &mut Ui,
    plan: &MigrationPlan,
    format: MigrationFormat,
) {
    let plan = PlanDocument::new(plan);
    match format {
        MigrationFormat::Json => ui.data(&document(&plan)),
        MigrationFormat::Markdown => ui.data(&plan.markdown()),
        MigrationFormat::Text => ui.lines(plan.lines()),
    }
}

impl<'p> PlanDocument<'p> {
    fn new(plan: &'p MigrationPlan) -> Self {
        let count_of = |outcome: RecordOutcome| {
            let records = plan.records.iter().filter(|one| one.outcome == outcome);
            (outcome.as_str(), records.count())
        };
        let row = |record: &'p PlannedRecord| RecordRow {
            key: record.id.to_string(),
            outcome: record.outcome,
            path: record.path.to_string(),
            reason: (!record.conflicts.is_empty()).then(|| conflict_reason(&record.conflicts)),
            updates: &record.updates,
            changes: &record.changes,
        };
        PlanDocument {
            counts: RecordOutcome::ALL.map(count_of).into(),
            phase: plan.phase,
            source: &plan.source,
            path: plan.legacy.to_string(),
            format: plan.format.as_str(),
            records: plan.records.iter().map(row).collect(),
            questions: plan.questions.iter().map(SkippedRecord::new).collect(),
            added: &plan.added,
            kept: &plan.kept,
            counters: &plan.counters,
            head: &plan.head,
            path_keys: &plan.path_keys,
            notes: plan.notes.iter().map(migration_note).collect(),
            is_refused: plan.is_refused,
        }
    }

    /// Formats the plan as text: a line for each change or question. A field that changes in most
    /// records gets a single line, since a migration often rewrites a field everywhere.
    fn lines(&self) -> Vec<String> {
        let common = self.common_fields();
        let mut lines = self.notes();
        for record in &self.records {
            let RecordRow { key, outcome, path, reason, .. } = record;
            if let Some(reason) = reason {
                lines.push(format!("{key}: skip: {reason}"));
            }
            if *outcome == RecordOutcome::Deprecate {
                lines.push(format!("{key}: deprecate: no tracked file for '{path}'"));
            }
            lines.extend(record.updates.iter().map(|one| one.line(key)));
            let own = record.changes.iter().filter(|one| !common.contains(&one.field));
            lines.extend(own.map(|one| format!("{} (legacy file)", one.line(key))));
        }
        lines.extend(self.questions.iter().map(SkippedRecord::line));
        lines.extend(self.kept_and_added());
        lines.extend(common.iter().map(|field| {
            let records = self.with_field(field);
            format!("{} of the legacy file: '{field}' changes", count(records, "record", "records"))
        }));
        lines.extend(self.about_head());
        lines.push(self.summary());
        lines.extend(self.decisions());
        lines
    }

    /// Returns the number of decisions needed, with advice, if there are any.
    fn decisions(&self) -> Option<String> {
        let skipped = self.records.iter().filter(|one| one.outcome == RecordOutcome::Skip);
        let [records, others] = [skipped.count(), self.questions.len()];
        let what = match (records, others) {
            (1, 0) => "1 record needs a decision first".to_owned(),
            (records, 0) => format!("{records} records need a decision first"),
            _ => {
                let all = count(records + others, "decision is", "decisions are");
                let of = count(records, "record", "records");
                format!("{all} needed first, on {of} and {others} other")
            }
        };
        self.is_refused.then(|| format!("{what}: {}", to_decide(self.phase)))
    }

    fn notes(&self) -> Vec<String> {
        let notes = self.notes.iter().map(|note| format!("note: {note}"));
        let keys = self.path_keys.keys();
        notes
            .chain(
                keys.map(|name| format!("'{name}' repeats the path, and will be updated with it")),
            )
            .collect()
    }

    fn kept_and_added(&self) -> impl Iterator<Item = String> {
        let kept = self.kept.iter().map(|KeptNumber { id, path }| {
            format!("{id}: kept, the number in the name of '{path}'")
        });
        kept.chain(self.added.iter().map(|AddedRecord { id, path, status }| {
            format!("{id}: added, {status}, for '{path}' (legacy file)")
        }))
    }

    fn about_head(&self) -> impl Iterator<Item = String> {
        let of_head = self.head.iter().filter(|one| one.field != COUNTERS);
        let of_head = of_head.map(|one| match is_long(one) {
            // The legacy file's head may contain lists with thousands of reserved numbers.
            true => format!("head: {} changes (legacy file)", one.field),
            false => format!("{} (legacy file)", one.line("head")),
        });
        self.counters.iter().map(counter_line).chain(of_head)
    }

    /// Returns the fields in the legacy file that change in most records.
    fn common_fields(&self) -> Vec<String> {
        let mut fields: Vec<&String> =
            self.records.iter().flat_map(|one| one.changes.iter().map(|one| &one.field)).collect();
        fields.sort();
        fields.dedup();
        // If the plan covers a single record, its changes are listed, because a line about "1
        // record" would say less.
        let is_common = |field: &&String| self.with_field(field) * 2 > self.records.len().max(2);
        fields.into_iter().filter(is_common).cloned().collect()
    }

    fn with_field(&self, field: &str) -> usize {
        let has = |record: &&RecordRow| record.changes.iter().any(|one| one.field == *field);
        self.records.iter().filter(has).count()
    }

    fn summary(&self) -> String {
        let counts = self.counts.iter().filter(|(_, number)| *number > 0);
        let counts: Vec<String> =
            counts.map(|(outcome, number)| format!("{number} {outcome}")).collect();
        let records = count(self.records.len(), "record", "records");
        let counts = if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
        format!("{records} in '{}': {counts}", self.source)
    }

    /// Formats the plan as Markdown.
    fn markdown(&self) -> String {
        let mut out = format!("# Migration plan\n\nPhase: {}\n\n{}.\n", self.phase, self.summary());
        let mut lines = self.notes();
        lines.extend(self.decisions());
        lines.extend(self.questions.iter().map(SkippedRecord::line));
        lines.extend(self.kept_and_added());
        lines.extend(self.about_head());
        if !lines.is_empty() {
            out.push('\n');
        }
        for line in lines.iter().take(MOST_LISTED) {
            out.push_str(&format!("- {}\n", escaped(line)));
        }
        out.push_str(&more(lines.len()));
        let listed: Vec<&RecordRow> = self
            .records
            .iter()
            // In a repeated plan, most records are unchanged and would push the others past the
            // limit.
            .filter(|one| one.outcome != RecordOutcome::Unchanged || !one.changes.is_empty())
            .collect();
        if listed.is_empty() {
            return out;
        }
        out.push_str("\n| Record | Outcome | Path | What changes |\n|---|---|---|---|\n");
        for record in listed.iter().take(MOST_LISTED) {
            let updates = record.updates.iter().chain(record.changes);
            let fields: Vec<&str> = updates.map(|one| one.field.as_str()).collect();
            let what = record.reason.clone().unwrap_or_else(|| fields.join(", "));
            let (key, path, what) = (escaped(&record.key), escaped(&record.path), escaped(&what));
            out.push_str(&format!("| {key} | {} | {path} | {what} |\n", record.outcome));
        }
        out.push_str(&more(listed.len()));
        out
    }
}

/// Returns whether the two values of a change are too long for one line.
fn is_long(change: &LegacyChange) -> bool {
    let values = [&change.from, &change.to].into_iter().flatten();
    values.map(|value| value.chars().count()).sum::<usize>() > LONGEST_VALUES
}

/// Formats a counter as a line for people.
fn counter_line(counter: &PlannedCounter) -> String {
    let PlannedCounter { name, before, after, reserved, left } = counter;
    let current = match before {
        Some(before) if before == after => format!("current {after}"),
        Some(before) => format!("current {before} -> {after}"),
        None => format!("new, current {after}"),
    };
    format!("counter {name}: {current}, {reserved} reserved, {left} left (legacy file)")
}
