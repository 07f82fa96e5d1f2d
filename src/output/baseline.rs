//! Reports on baselines and required coverage.

use std::path::Path;

use idhooks_core::check::Finding;
use idhooks_ops::{BaselineMode, CoverageFloor, FindingFilter};

use super::{Ui, and_more, count, numbers};

/// The maximum number of fixed baseline findings to list.
const MAX_NAMED: usize = 5;

impl Ui {
    /// Reports that a baseline was written, or which findings it hides and which have been fixed.
    pub fn baseline(&mut self, filter: &FindingFilter) {
        match &filter.baseline {
            BaselineMode::Nothing => {}
            BaselineMode::Read(file, _, hidden) => {
                if !hidden.is_empty() {
                    let findings = numbers(hidden, ["known finding", "known findings"]);
                    self.status(&format!("{findings} in '{}' not shown", file.display()));
                }
                let gone = filter.gone();
                if !gone.is_empty() {
                    // This is not an error: someone who fixes a finding should not have to edit the
                    // baseline in the same commit.
                    self.status(&gone_line(file, &gone));
                }
            }
            BaselineMode::Written(file, findings) => {
                let findings = numbers(findings, ["finding", "findings"]);
                self.status(&format!("wrote {findings} to '{}'", file.display()));
            }
        }
    }

    /// Reports the coverage if a minimum is required.
    pub fn coverage_floor(&mut self, floor: &CoverageFloor) {
        match floor.unmet() {
            Some(unmet) => self.error(&unmet),
            None if floor.least.is_some() => {
                self.status(&format!("coverage is {}", floor.coverage));
            }
            None => {}
        }
    }
}

/// Returns the line that lists the findings in the baseline that no longer exist.
fn gone_line(file: &Path, gone: &[&Finding]) -> String {
    let names: Vec<String> = gone.iter().take(MAX_NAMED).map(|finding| finding.label()).collect();
    let (names, more) = (names.join(", "), and_more(gone.len().saturating_sub(MAX_NAMED)));
    let findings = count(gone.len(), "finding", "findings");
    let (file, verb) = (file.display(), if gone.len() == 1 { "is" } else { "are" });
    format!("{findings} in '{file}' {verb} gone; remove from the file: {names}{more}")
}
