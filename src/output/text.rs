//! Findings for people.

use crate::check::Finding;

use super::Ui;

/// Returns the lines that tell a finding: what is wrong, and what to do.
pub fn finding_lines(finding: &Finding) -> [String; 2] {
    let (severity, code) = (finding.severity.as_str(), finding.code);
    [format!("{severity}[{code}]: {}", finding.message), format!("  help: {}", finding.help)]
}

impl Ui {
    /// Reports findings on stderr, as hooks do.
    pub fn complain(&mut self, findings: &[Finding]) {
        for finding in findings {
            for line in finding_lines(finding) {
                self.say(&line);
            }
        }
    }
}
