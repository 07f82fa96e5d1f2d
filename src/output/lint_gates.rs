//! Reports files that the linter did not check, and gates that were not met.

use idhooks_ops::{GateSource, MaxFindings, SkippedFile, UnmetGate, rounded_score};

use super::{Ui, and_more, count};

/// The maximum number of unchecked files to name.
const MOST_NAMED: usize = 5;

impl Ui {
    /// Warns about the files that the linter did not check.
    pub fn not_linted(&mut self, skipped: &[SkippedFile]) {
        for SkippedFile { path, reason } in skipped.iter().take(MOST_NAMED) {
            self.warning(&format!("'{path}' was not checked: {reason}"));
        }
        if let Some(more) = skipped.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
            let files = count(skipped.len(), "file", "files");
            self.warning(&format!("{files} were not checked: those{}", and_more(more)));
        }
    }

    /// Prints the gates that were not met.
    pub fn unmet_gates(&mut self, unmet: &[String]) {
        unmet.iter().for_each(|gate| self.error(gate));
        if !unmet.is_empty() {
            self.hint(
                "show the findings by part: idhooks lint --no-findings --by service,priority",
            );
        }
    }
}

/// Returns the gates that were not met, each as a sentence without a capital letter.
pub fn unmet_gates(unmet: &[UnmetGate]) -> Vec<String> {
    unmet.iter().map(unmet_gate).collect()
}

fn unmet_gate(unmet: &UnmetGate) -> String {
    let gate = |source: &GateSource, option, key| match source {
        GateSource::Option => option,
        GateSource::Config => key,
    };
    let files = |files: &usize| count(*files, "file was not checked", "files were not checked");
    match unmet {
        UnmetGate::Score { least, source, score, unchecked } => {
            let (score, gate) = (score_text(*score), gate(source, "--min-score", "lint.min_score"));
            match unchecked.as_ref().map(files) {
                None => format!("the score is {score}, less than {least} ({gate})"),
                Some(files) => format!(
                    "the score may be as low as {score}, less than {least}: {files} ({gate})"
                ),
            }
        }
        UnmetGate::Findings { limit: MaxFindings { by, name, most }, source, found, unchecked } => {
            let (findings, gate) =
                (count(*found, "finding", "findings"), gate(source, "--max", "lint.max"));
            match unchecked.as_ref().map(files) {
                None => format!("the {by} '{name}' has {findings}, more than {most} ({gate})"),
                Some(files) => {
                    format!(
                        "the {by} '{name}' may have more findings than {most}: {files} ({gate})"
                    )
                }
            }
        }
    }
}

/// Formats a score with one decimal place.
pub fn score_text(percent: f64) -> String {
    format!("{:.1}", rounded_score(percent))
}
