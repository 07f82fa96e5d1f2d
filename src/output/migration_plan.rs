//! Formats the plan of a migration.

use std::collections::BTreeMap;

use idhooks_core::config::PathForm;
use idhooks_core::legacy::LegacyChange;
use idhooks_core::plan::migration::MigrationPhase;
use idhooks_core::registry::{CounterKey, CounterState, Id, Registry, RepoPath, Sequence, Status};
use serde::Serialize;

use super::count;
use super::json::document;
use super::markdown::escaped;
use super::migration::{MOST_LISTED, SkippedRecord, more};

/// The maximum number of characters of two values of the head on a line for people.
const LONGEST_VALUES: usize = 100;

/// The member of the head that has lines of its own.
const COUNTERS: &str = "counters";

idhooks_core::words! {
    /// What comes of a record of a legacy file.
    pub enum RecordOutcome {
        /// It comes into the registry.
        Convert = "convert",
        /// It comes into the registry, as deprecated: its file is not there.
        Deprecate = "deprecate",
        /// It is there, and takes the values of the legacy file.
        Update = "update",
        /// It is there already.
        Unchanged = "unchanged",
        /// A person must decide.
        Skip = "skip",
    }
}

/// What comes of a record.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedRecord {
    /// The identity in the legacy file.
    pub key: String,
    /// What comes of it.
    pub outcome: RecordOutcome,
    /// The path of its file afterwards, or that of the record.
    pub path: String,
    /// Why a person must decide.
    pub reason: Option<String>,
    /// What changes in the registry.
    pub updates: Vec<LegacyChange>,
    /// What readers of the legacy file will see instead.
    pub changes: Vec<LegacyChange>,
}

/// A record that the legacy file gets, and did not have.
#[derive(Debug, Clone, Serialize)]
pub struct AddedRecord {
    /// Its identity.
    pub id: Id,
    /// The path of its file.
    pub path: String,
    /// Its status.
    pub status: Status,
}

/// A number in the name of a file without a record, which the file keeps.
#[derive(Debug, Clone, Serialize)]
pub struct KeptNumber {
    id: Id,
    path: String,
}

impl KeptNumber {
    /// Returns the number of a file.
    pub fn of(id: Id, path: &RepoPath) -> Self {
        KeptNumber { id, path: path.to_string() }
    }
}

/// A counter of the legacy file.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedCounter {
    /// Its name.
    pub name: String,
    /// The sequence from which the other program goes on now.
    pub before: Option<u32>,
    /// The one from which it goes on afterwards.
    pub after: u32,
    /// The number of sequences above that which it must skip.
    pub reserved: usize,
    /// The number of those that it can give.
    pub left: usize,
}

impl PlannedCounter {
    /// Returns the counters of a legacy file that becomes another one; the other program has the numbers up to
    /// a bound, unless that is 0. `only_changed` leaves out those that stay as they are.
    pub fn between(
        before: &Registry,
        after: &Registry,
        bound: u32,
        only_changed: bool,
    ) -> Vec<Self> {
        let old = if only_changed { before.legacy_counters() } else { BTreeMap::new() };
        let is_changed = |(name, state): &(CounterKey, CounterState)| old.get(name) != Some(state);
        let last = if bound > 0 { bound } else { Sequence::MAX };
        let of = |(name, state): (CounterKey, CounterState)| {
            let is_ahead = |one: &&u32| (state.current + 1..=last).contains(*one);
            let ahead = state.reserved.iter().filter(is_ahead).count();
            PlannedCounter {
                before: before.counters.get(&name).and_then(|counter| counter.floor),
                name: name.to_string(),
                after: state.current,
                reserved: state.reserved.len(),
                left: last.saturating_sub(state.current) as usize - ahead,
            }
        };
        after.legacy_counters().into_iter().filter(is_changed).map(of).collect()
    }

    fn line(&self) -> String {
        let PlannedCounter { name, before, after, reserved, left } = self;
        let current = match before {
            Some(before) if before == after => format!("current {after}"),
            Some(before) => format!("current {before} -> {after}"),
            None => format!("new, current {after}"),
        };
        format!("counter {name}: {current}, {reserved} reserved, {left} left (legacy file)")
    }
}

/// What a migration would do.
#[derive(Debug, Serialize)]
pub struct MigrationPlan {
    /// The phase now.
    pub phase: MigrationPhase,
    /// The file with the records.
    pub source: String,
    /// Where the legacy file is afterwards.
    pub path: String,
    /// Its form.
    pub format: &'static str,
    /// The records of the file.
    pub records: Vec<PlannedRecord>,
    /// What a person must decide that is about no record of the file.
    pub questions: Vec<SkippedRecord>,
    /// What to do about what a person must decide, if there is anything.
    #[serde(skip)]
    pub to_do: Option<&'static str>,
    /// The records that the legacy file gets besides: those of files without a record, which get new
    /// identities, and those that only the registry has.
    pub added: Vec<AddedRecord>,
    /// The numbers in the names of files without a record that these keep.
    pub kept: Vec<KeptNumber>,
    /// The counters of the legacy file, if it has any.
    pub counters: Vec<PlannedCounter>,
    /// What readers of the legacy file will see outside of its records.
    pub head: Vec<LegacyChange>,
    /// The keys of records that repeat the path, and follow it, each with the form of a value that may have
    /// several.
    #[serde(rename = "keys")]
    pub path_keys: BTreeMap<String, PathForm>,
    /// Remarks.
    pub notes: Vec<String>,
}

impl MigrationPlan {
    /// Returns the number of records with an outcome.
    pub fn count(&self, outcome: RecordOutcome) -> usize {
        self.records.iter().filter(|record| record.outcome == outcome).count()
    }

    /// Returns it as lines for people: each record about which there is something to say. What the same
    /// field gets in most records is one line.
    pub fn lines(&self) -> Vec<String> {
        let common = self.common_fields();
        let mut lines = self.notes();
        for record in &self.records {
            let PlannedRecord { key, outcome, path, reason, .. } = record;
            if let Some(reason) = reason {
                lines.push(format!("{key}: skip: {reason}"));
            }
            if *outcome == RecordOutcome::Deprecate {
                lines.push(format!("{key}: deprecate: idhooks tracks no file for '{path}'"));
            }
            lines.extend(record.updates.iter().map(|one| one.line(key)));
            let own = record.changes.iter().filter(|one| !common.contains(&one.field));
            lines.extend(own.map(|one| format!("{} (legacy file)", one.line(key))));
        }
        lines.extend(self.questions.iter().map(|one| format!("{}: skip: {}", one.key, one.reason)));
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

    /// Returns how many decisions are needed, and what to do, if there are any.
    fn decisions(&self) -> Option<String> {
        let [records, others] = [self.count(RecordOutcome::Skip), self.questions.len()];
        let what = match (records, others) {
            (1, 0) => "1 record needs a decision first".to_owned(),
            (records, 0) => format!("{records} records need a decision first"),
            _ => {
                let all = count(records + others, "decision is", "decisions are");
                let of = count(records, "record", "records");
                format!("{all} needed first, on {of} and {others} other")
            }
        };
        self.to_do.map(|to_do| format!("{what}: {to_do}"))
    }

    fn notes(&self) -> Vec<String> {
        let notes = self.notes.iter().map(|note| format!("note: {note}"));
        let keys = self.path_keys.keys();
        notes
            .chain(keys.map(|name| format!("'{name}' repeats the path, and will follow the file")))
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
            true => format!("head: {} changes (legacy file)", one.field),
            false => format!("{} (legacy file)", one.line("head")),
        });
        self.counters.iter().map(PlannedCounter::line).chain(of_head)
    }

    /// Returns the fields of the legacy file that change in most records.
    fn common_fields(&self) -> Vec<String> {
        let mut fields: Vec<&String> =
            self.records.iter().flat_map(|one| one.changes.iter().map(|one| &one.field)).collect();
        fields.sort();
        fields.dedup();
        let is_common = |field: &&String| self.with_field(field) * 2 > self.records.len().max(2);
        fields.into_iter().filter(is_common).cloned().collect()
    }

    fn with_field(&self, field: &str) -> usize {
        let has = |record: &&PlannedRecord| record.changes.iter().any(|one| one.field == *field);
        self.records.iter().filter(has).count()
    }

    fn summary(&self) -> String {
        let counts = RecordOutcome::ALL.map(|outcome| (outcome, self.count(outcome)));
        let counts = counts.into_iter().filter(|(_, number)| *number > 0);
        let counts: Vec<String> =
            counts.map(|(outcome, number)| format!("{number} {outcome}")).collect();
        let records = count(self.records.len(), "record", "records");
        let counts = if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
        format!("{records} in '{}': {counts}", self.source)
    }

    /// Returns it as Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!("# Migration plan\n\nPhase: {}\n\n{}.\n", self.phase, self.summary());
        let mut lines = self.notes();
        lines.extend(self.decisions());
        lines.extend(self.questions.iter().map(|one| format!("{}: skip: {}", one.key, one.reason)));
        lines.extend(self.kept_and_added());
        lines.extend(self.about_head());
        if !lines.is_empty() {
            out.push('\n');
        }
        for line in lines.iter().take(MOST_LISTED) {
            out.push_str(&format!("- {}\n", escaped(line)));
        }
        out.push_str(&more(lines.len()));
        let listed: Vec<&PlannedRecord> = self
            .records
            .iter()
            .filter(|one| one.outcome != RecordOutcome::Unchanged || !one.changes.is_empty())
            .collect();
        if listed.is_empty() {
            return out;
        }
        out.push_str("\n| Record | Outcome | Path | What changes |\n|---|---|---|---|\n");
        for record in listed.iter().take(MOST_LISTED) {
            let updates = record.updates.iter().chain(&record.changes);
            let fields: Vec<&str> = updates.map(|one| one.field.as_str()).collect();
            let what = record.reason.clone().unwrap_or_else(|| fields.join(", "));
            let (key, path, what) = (escaped(&record.key), escaped(&record.path), escaped(&what));
            out.push_str(&format!("| {key} | {} | {path} | {what} |\n", record.outcome));
        }
        out.push_str(&more(listed.len()));
        out
    }
}

/// Returns whether a line is too short for both values.
fn is_long(change: &LegacyChange) -> bool {
    let values = [&change.from, &change.to].into_iter().flatten();
    values.map(|value| value.chars().count()).sum::<usize>() > LONGEST_VALUES
}

/// Returns a plan as JSON, with the numbers of its outcomes.
pub fn migration_plan_json(plan: &MigrationPlan) -> String {
    #[derive(Serialize)]
    struct PlanDocument<'p> {
        convert: usize,
        deprecate: usize,
        update: usize,
        unchanged: usize,
        skip: usize,
        #[serde(flatten)]
        plan: &'p MigrationPlan,
    }
    document(&PlanDocument {
        convert: plan.count(RecordOutcome::Convert),
        deprecate: plan.count(RecordOutcome::Deprecate),
        update: plan.count(RecordOutcome::Update),
        unchanged: plan.count(RecordOutcome::Unchanged),
        skip: plan.count(RecordOutcome::Skip),
        plan,
    })
}
