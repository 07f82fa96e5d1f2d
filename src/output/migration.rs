//! Formats the plan and the report of a migration.

use idhooks_core::legacy::{Discrepancy, LegacyChange};
use idhooks_core::plan::migration::MigrationPhase;
use idhooks_core::registry::{Id, Status, Timestamp};
use idhooks_repo::git::CommitId;
use serde::Serialize;

use super::json::document;
use super::markdown::escaped;
use super::text::count;

/// The maximum number of records that Markdown lists; JSON has all of them.
const MOST_LISTED: usize = 200;

/// The maximum number of characters of two values of the head on a line for people.
const LONGEST_VALUES: usize = 100;

/// The format of a report on a migration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum MigrationFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
    /// For an issue, a wiki page or a pull request.
    Markdown,
}

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
    /// The records that the legacy file gets besides: those of files without a record, which get new
    /// identities, and those that only the registry has.
    pub added: Vec<AddedRecord>,
    /// What readers of the legacy file will see outside of its records.
    pub head: Vec<LegacyChange>,
    /// Remarks.
    pub notes: Vec<String>,
}

/// A record that was not taken.
#[derive(Debug, Clone, Serialize)]
pub struct SkippedRecord {
    /// The identity in the legacy file.
    pub key: String,
    /// Why.
    pub reason: String,
}

/// A record that only one side has.
#[derive(Debug, Serialize)]
pub struct MissingRecord {
    id: Id,
    missing_in: &'static str,
    path: Option<String>,
}

/// Whether both sides say the same, and each follows from the other.
#[derive(Debug, Serialize)]
pub struct MigrationVerification {
    /// The number of records of the registry.
    pub total: usize,
    /// How many of them were compared.
    pub checked: usize,
    /// Whether both files have exactly what follows from the other one.
    pub consistent: bool,
    /// Why the legacy file cannot be compared.
    pub error: Option<String>,
    /// The records that only one side has.
    pub missing: Vec<MissingRecord>,
    /// The fields that differ.
    pub discrepancies: Vec<Discrepancy>,
}

/// What a step of a migration did.
#[derive(Debug, Serialize)]
pub struct MigrationStepReport {
    /// The phase before.
    pub from: MigrationPhase,
    /// The phase afterwards.
    pub phase: MigrationPhase,
    /// The commit that made the step; none if there was nothing to do, or if it was refused.
    pub commit: Option<CommitId>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// The number of records of the legacy file.
    pub records: usize,
    /// How many of them came into the registry, or changed there.
    pub converted: usize,
    /// How many were there already.
    pub unchanged: usize,
    /// Those about which a person must decide.
    pub skipped: Vec<SkippedRecord>,
    /// How many were looked at in a second.
    pub per_second: Option<f64>,
    /// Both sides afterwards.
    pub verification: Option<MigrationVerification>,
}

impl MigrationPlan {
    /// Returns the number of records with an outcome.
    pub fn count(&self, outcome: RecordOutcome) -> usize {
        self.records.iter().filter(|record| record.outcome == outcome).count()
    }

    /// Returns the records about which a person must decide.
    pub fn skipped(&self) -> Vec<SkippedRecord> {
        let skipped = |record: &PlannedRecord| {
            Some(SkippedRecord { key: record.key.clone(), reason: record.reason.clone()? })
        };
        self.records.iter().filter_map(skipped).collect()
    }

    /// Returns it as lines for people: each record about which there is something to say. What the same
    /// field gets in most records is one line.
    pub fn lines(&self) -> Vec<String> {
        let common = self.common_fields();
        let mut lines: Vec<String> =
            self.notes.iter().map(|note| format!("note: {note}")).collect();
        for record in &self.records {
            let PlannedRecord { key, outcome, path, reason, .. } = record;
            if let Some(reason) = reason {
                lines.push(format!("{key}: skip: {reason}"));
            }
            if *outcome == RecordOutcome::Deprecate {
                lines.push(format!("{key}: deprecate: there is no file for '{path}'"));
            }
            lines.extend(record.updates.iter().map(|one| one.line(key)));
            let own = record.changes.iter().filter(|one| !common.contains(&one.field));
            lines.extend(own.map(|one| format!("{} (legacy file)", one.line(key))));
        }
        lines.extend(self.added.iter().map(|AddedRecord { id, path, status }| {
            format!("{id}: added, {status}, for '{path}' (legacy file)")
        }));
        lines.extend(common.iter().map(|field| {
            let records = self.with_field(field);
            format!("{} of the legacy file: '{field}' changes", count(records, "record", "records"))
        }));
        let of_head = self.head.iter().map(|one| match is_long(one) {
            true => format!("head: {} changes (legacy file)", one.field),
            false => format!("{} (legacy file)", one.line("head")),
        });
        lines.extend(of_head);
        lines.push(self.summary());
        lines
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

/// Returns the number of those that are not listed, as a line.
fn more(listed: usize) -> String {
    match listed.checked_sub(MOST_LISTED).filter(|more| *more > 0) {
        Some(more) => format!("\n… and {more} more.\n"),
        None => String::new(),
    }
}

impl MissingRecord {
    /// Returns the record of which a discrepancy says that only one side has it.
    pub fn of(one: &Discrepancy) -> Self {
        let missing_in = if one.new.is_some() { "legacy" } else { "registry" };
        let path = one.new.clone().or_else(|| one.legacy.clone());
        MissingRecord { id: one.id, missing_in, path }
    }
}

impl MigrationVerification {
    /// Returns what is wrong, as lines for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.error.iter().cloned().collect();
        lines.extend(self.missing.iter().map(|one| {
            let (side, path) = (one.missing_in, one.path.as_deref().unwrap_or_default());
            match side {
                "legacy" => format!("{}: not in the legacy file: '{path}'", one.id),
                _ => format!("{}: not in the registry: '{path}'", one.id),
            }
        }));
        lines.extend(self.discrepancies.iter().map(ToString::to_string));
        if lines.is_empty() && !self.consistent {
            lines.push("the records are equal, but the texts are not those that follow from the other side".to_owned());
        }
        lines
    }

    /// Returns it as a sentence.
    pub fn summary(&self) -> String {
        let (checked, total) = (self.checked, count(self.total, "record", "records"));
        match self.consistent {
            true => {
                format!("in step: {checked} of {total} compared, each side follows from the other")
            }
            false => {
                let differences = self.missing.len() + self.discrepancies.len();
                let differences = count(differences, "difference", "differences");
                format!("not in step: {differences} in {checked} of {total}")
            }
        }
    }

    /// Returns it as Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!("{}.\n", self.summary());
        let lines = self.lines();
        for line in lines.iter().take(MOST_LISTED) {
            out.push_str(&format!("\n- {}", escaped(line)));
        }
        if !lines.is_empty() {
            out.push('\n');
        }
        out + &more(lines.len())
    }
}

impl MigrationStepReport {
    /// Returns it as lines for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.skipped.iter().map(|one| format!("{}: skip: {}", one.key, one.reason)).collect();
        if self.records > 0 {
            lines.push(format!(
                "{}: {} converted, {} unchanged, {} skipped",
                count(self.records, "record", "records"),
                self.converted,
                self.unchanged,
                self.skipped.len()
            ));
        }
        lines.extend(self.verification.iter().map(MigrationVerification::summary));
        lines.push(match &self.commit {
            Some(_) => format!("phase: {} (committed)", self.phase),
            None => format!("phase: {}; nothing was changed", self.phase),
        });
        lines
    }

    /// Returns it as Markdown.
    pub fn markdown(&self) -> String {
        let rows = [
            ("Phase", format!("{} → {}", self.from, self.phase)),
            ("Commit", self.commit.map_or("none".to_owned(), |id| id.to_string())),
            ("Began", self.started_at.to_string()),
            ("Ended", self.finished_at.to_string()),
            ("Records", self.records.to_string()),
            ("Converted", self.converted.to_string()),
            ("Unchanged", self.unchanged.to_string()),
            ("Skipped", self.skipped.len().to_string()),
            ("Per second", self.per_second.map_or("-".to_owned(), |rate| format!("{rate:.0}"))),
        ];
        let mut out = "# Migration report\n\n| | |\n|---|---|\n".to_owned();
        out.extend(rows.map(|(name, value)| format!("| {name} | {value} |\n")));
        if !self.skipped.is_empty() {
            out.push_str("\n## Skipped\n");
            for one in self.skipped.iter().take(MOST_LISTED) {
                out.push_str(&format!("\n- {}: {}", one.key, escaped(&one.reason)));
            }
            out.push('\n');
            out.push_str(&more(self.skipped.len()));
        }
        if let Some(verification) = &self.verification {
            out.push_str(&format!("\n## Verification\n\n{}", verification.markdown()));
        }
        out
    }
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
