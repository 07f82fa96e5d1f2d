//! Formats the reports of a migration: of a step, and of the comparison of both sides.

use idhooks_core::plan::migration::MigrationPhase;
use idhooks_core::registry::Timestamp;
use idhooks_ops::MigrationVerification;
use idhooks_repo::git::CommitId;
use serde::Serialize;

use super::count;
use super::markdown::escaped;

/// The maximum number of records that Markdown lists; JSON has all of them.
pub(super) const MOST_LISTED: usize = 200;

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

/// A record that was not taken.
#[derive(Debug, Clone, Serialize)]
pub struct SkippedRecord {
    /// The identity in the legacy file.
    pub key: String,
    /// Why.
    pub reason: String,
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
    /// How many of them came into the registry as deprecated.
    pub deprecated: usize,
    /// How many were there already.
    pub unchanged: usize,
    /// Those about which a person must decide.
    pub skipped: Vec<SkippedRecord>,
    /// How many were looked at in a second.
    pub per_second: Option<f64>,
    /// Both sides afterwards.
    pub verification: Option<MigrationVerification>,
}

/// Returns the number of those that are not listed, as a line.
pub(super) fn more(listed: usize) -> String {
    match listed.checked_sub(MOST_LISTED).filter(|more| *more > 0) {
        Some(more) => format!("\n… and {more} more.\n"),
        None => String::new(),
    }
}

/// Returns what is wrong, as lines for people.
pub fn verification_lines(both: &MigrationVerification) -> Vec<String> {
    let mut lines: Vec<String> = both.error.iter().cloned().collect();
    lines.extend(both.missing.iter().map(|one| {
        let (side, path) = (one.missing_in, one.path.as_deref().unwrap_or_default());
        match side {
            "legacy" => format!("{}: not in the legacy file: '{path}'", one.id),
            _ => format!("{}: not in the registry: '{path}'", one.id),
        }
    }));
    lines.extend(both.discrepancies.iter().map(ToString::to_string));
    if lines.is_empty() && !both.consistent {
        lines.push(
            "the records are equal, but the texts are not those that follow from the other side"
                .to_owned(),
        );
    }
    lines
}

/// Returns the comparison as a sentence.
pub fn verification_summary(both: &MigrationVerification) -> String {
    let (checked, total) = (both.checked, count(both.total, "record", "records"));
    match both.consistent {
        true => format!("in step: {checked} of {total} compared, each side follows from the other"),
        false if both.error.is_some() => {
            "not in step: the legacy file cannot be compared".to_owned()
        }
        false => {
            let differences = both.missing.len() + both.discrepancies.len();
            let differences = count(differences, "difference", "differences");
            format!("not in step: {differences} in {checked} of {total}")
        }
    }
}

/// Returns the comparison as Markdown.
pub fn verification_markdown(both: &MigrationVerification) -> String {
    let mut out = format!("{}.\n", verification_summary(both));
    let lines = verification_lines(both);
    for line in lines.iter().take(MOST_LISTED) {
        out.push_str(&format!("\n- {}", escaped(line)));
    }
    if !lines.is_empty() {
        out.push('\n');
    }
    out + &more(lines.len())
}

impl MigrationStepReport {
    /// Returns it as lines for people.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.skipped.iter().map(|one| format!("{}: skip: {}", one.key, one.reason)).collect();
        if self.records > 0 {
            lines.push(self.counts());
        }
        lines.extend(self.verification.iter().map(verification_summary));
        lines.push(match &self.commit {
            Some(_) => format!("phase: {} (committed)", self.phase),
            None => format!("phase: {}; nothing was changed", self.phase),
        });
        lines
    }

    /// Returns how many records are what, as a line for people.
    fn counts(&self) -> String {
        let records = count(self.records, "record", "records");
        if !self.skipped.is_empty() {
            let decisions = count(self.skipped.len(), "decision is", "decisions are");
            return format!("{records}: none was taken; {decisions} needed first");
        }
        let deprecated = match self.deprecated {
            0 => String::new(),
            number => format!(", {number} deprecated"),
        };
        let MigrationStepReport { converted, unchanged, .. } = self;
        format!("{records}: {converted} converted{deprecated}, {unchanged} unchanged, 0 skipped")
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
            ("Deprecated", self.deprecated.to_string()),
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
            out.push_str(&format!("\n## Verification\n\n{}", verification_markdown(verification)));
        }
        out
    }
}
