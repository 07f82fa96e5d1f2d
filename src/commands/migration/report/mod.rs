//! Formats migration reports, which describe a step or a comparison of the two files.

pub(super) mod next;
mod plan;

use idhooks_ops::{MigrationQuestion, MigrationStepReport, MigrationVerification};
use serde::Serialize;

use crate::output::{Ui, count, escaped, json::document};
use next::{conflict_reason, in_step_by, next_after};
pub(super) use plan::show_migration_plan;

/// The maximum number of records listed in Markdown; JSON lists all of them.
pub(super) const MOST_LISTED: usize = 200;

/// The format of a migration report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum MigrationFormat {
    /// For people.
    #[default]
    Text,
    /// For machines.
    Json,
    /// For an issue, a wiki page or a pull request.
    Markdown,
}

/// A record that was not taken.
#[derive(Debug, Serialize)]
pub(super) struct SkippedRecord<'q> {
    /// The identity in the legacy file, or whatever else the question is about.
    pub(super) key: &'q str,
    /// The reason it was not taken.
    pub(super) reason: String,
}

impl<'q> SkippedRecord<'q> {
    pub(super) fn new(question: &'q MigrationQuestion) -> Self {
        SkippedRecord { key: &question.key, reason: conflict_reason(&question.conflicts) }
    }

    /// Formats the record as a line for people.
    pub(super) fn line(&self) -> String {
        format!("{}: skip: {}", self.key, self.reason)
    }
}

/// The JSON report on a step.
#[derive(Serialize)]
struct StepDocument<'r> {
    #[serde(flatten)]
    step: &'r MigrationStepReport,
    skipped: Vec<SkippedRecord<'r>>,
    per_second: Option<f64>,
    verification: Option<&'r MigrationVerification>,
}

/// Returns a line saying how many items are not listed.
pub(super) fn more(listed: usize) -> String {
    match listed.checked_sub(MOST_LISTED).filter(|more| *more > 0) {
        Some(more) => format!("\n… and {more} more.\n"),
        None => String::new(),
    }
}

/// Formats the problems as lines for people.
pub(super) fn verification_lines(both: &MigrationVerification) -> Vec<String> {
    let mut lines: Vec<String> = both.error.iter().cloned().collect();
    lines.extend(both.missing.iter().map(|one| {
        let (side, path) = (one.missing_in, one.path.as_deref().unwrap_or_default());
        match side {
            "legacy" => format!("{}: not in the legacy file: '{path}'", one.id),
            _ => format!("{}: not in the registry: '{path}'", one.id),
        }
    }));
    lines.extend(both.discrepancies.iter().map(ToString::to_string));
    // Without this line, no reason would be given if the two files differ only in order or
    // spelling.
    if lines.is_empty() && !both.consistent {
        lines.push(
            "the records are equal, but the text is not the one derived from the other side"
                .to_owned(),
        );
    }
    lines
}

/// Summarizes the comparison in a sentence.
pub(super) fn verification_summary(both: &MigrationVerification) -> String {
    let (checked, total) = (both.checked, count(both.total, "record", "records"));
    match both.consistent {
        true => format!(
            "in step: {checked} of {total} compared, each side can be derived from the other"
        ),
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
pub(super) fn verification_markdown(both: &MigrationVerification) -> String {
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

/// Prints the result of a step, and the next one.
pub(super) fn show_migration_step(
    ui: &mut Ui,
    step: &MigrationStepReport,
    format: MigrationFormat,
) {
    match format {
        MigrationFormat::Json => ui.data(&step_json(step)),
        MigrationFormat::Markdown => ui.data(&step_markdown(step)),
        MigrationFormat::Text => {
            ui.lines(step_lines(step));
            let both = step.verification.as_ref().filter(|both| !both.consistent);
            let next = match both {
                Some(both) => Some(in_step_by(step.phase, both.gap())),
                None => next_after(step.phase),
            };
            // If records need a decision, the decision comes first, and `show_run` says how to make
            // it.
            if let Some(next) = next.filter(|_| step.skipped.is_empty()) {
                ui.report(&format!("next: {next}"));
            }
        }
    }
}

/// Returns the result of a step as JSON.
fn step_json(step: &MigrationStepReport) -> String {
    document(&StepDocument {
        step,
        skipped: step.skipped.iter().map(SkippedRecord::new).collect(),
        per_second: step.per_second,
        verification: step.verification.as_ref(),
    })
}

/// Formats the result of a step as lines for people.
fn step_lines(step: &MigrationStepReport) -> Vec<String> {
    let skipped = step.skipped.iter().map(SkippedRecord::new);
    let mut lines: Vec<String> = skipped.map(|one| one.line()).collect();
    if step.records > 0 {
        lines.push(step_counts(step));
    }
    lines.extend(step.verification.iter().map(verification_summary));
    lines.push(match &step.commit {
        Some(_) => format!("phase: {} (committed)", step.phase),
        None => format!("phase: {}; nothing was changed", step.phase),
    });
    lines
}

/// Formats the number of records with each outcome as a line for people.
fn step_counts(step: &MigrationStepReport) -> String {
    let records = count(step.records, "record", "records");
    if !step.skipped.is_empty() {
        let decisions = count(step.skipped.len(), "decision is", "decisions are");
        return format!("{records}: none taken; {decisions} needed first");
    }
    let deprecated = match step.deprecated {
        0 => String::new(),
        number => format!(", {number} deprecated"),
    };
    let MigrationStepReport { converted, unchanged, .. } = step;
    format!("{records}: {converted} converted{deprecated}, {unchanged} unchanged, 0 skipped")
}

/// Returns the result of a step as Markdown.
fn step_markdown(step: &MigrationStepReport) -> String {
    let rows = [
        ("Phase", format!("{} → {}", step.from, step.phase)),
        ("Commit", step.commit.map_or("none".to_owned(), |id| id.to_string())),
        ("Began", step.started_at.to_string()),
        ("Ended", step.finished_at.to_string()),
        ("Records", step.records.to_string()),
        ("Converted", step.converted.to_string()),
        ("Deprecated", step.deprecated.to_string()),
        ("Unchanged", step.unchanged.to_string()),
        ("Skipped", step.skipped.len().to_string()),
        ("Per second", step.per_second.map_or("-".to_owned(), |rate| format!("{rate:.0}"))),
    ];
    let mut out = "# Migration report\n\n| | |\n|---|---|\n".to_owned();
    out.extend(rows.map(|(name, value)| format!("| {name} | {value} |\n")));
    if !step.skipped.is_empty() {
        out.push_str("\n## Skipped\n");
        for one in step.skipped.iter().take(MOST_LISTED).map(SkippedRecord::new) {
            out.push_str(&format!("\n- {}: {}", one.key, escaped(&one.reason)));
        }
        out.push('\n');
        out.push_str(&more(step.skipped.len()));
    }
    if let Some(verification) = &step.verification {
        out.push_str(&format!("\n## Verification\n\n{}", verification_markdown(verification)));
    }
    out
}
