//! Findings for people.

use crate::check::{Finding, Severity};

use super::Ui;

/// Returns the lines that tell a finding: what is wrong, and what to do.
pub fn finding_lines(finding: &Finding) -> [String; 2] {
    let (severity, code) = (finding.severity.as_str(), finding.code);
    [format!("{severity}[{code}]: {}", finding.message), format!("  help: {}", finding.help)]
}

/// Returns a number with its noun.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Returns how many findings there are of each severity, on one line.
pub fn summary(findings: &[Finding]) -> String {
    let of = |severity| findings.iter().filter(|f| f.severity == severity).count();
    let parts = [
        (of(Severity::Error), "error", "errors"),
        (of(Severity::Warning), "warning", "warnings"),
        (of(Severity::Info), "remark", "remarks"),
    ];
    let parts = parts.iter().filter(|(number, ..)| *number > 0);
    let parts: Vec<_> = parts.map(|(number, one, many)| count(*number, one, many)).collect();
    if parts.is_empty() {
        return "no findings".to_owned();
    }
    format!("{}: {}", count(findings.len(), "finding", "findings"), parts.join(", "))
}

impl Ui {
    /// Prints findings as data on stdout, as checks do.
    pub fn findings(&mut self, findings: &[Finding]) {
        for finding in findings {
            for line in finding_lines(finding) {
                self.line(&line);
            }
        }
    }

    /// Reports findings on stderr, as hooks do.
    pub fn complain(&mut self, findings: &[Finding]) {
        for finding in findings {
            for line in finding_lines(finding) {
                self.say(&line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Code;

    #[test]
    fn a_finding_takes_two_lines_and_a_summary_one() {
        let finding = Finding::new(Code::NotCanonical, "not canonical", "commit");
        assert_eq!(
            finding_lines(&finding),
            ["warning[NOT_CANONICAL]: not canonical", "  help: commit"]
        );
        let error = Finding::new(Code::StalePath, "stale", "commit");
        assert_eq!(summary(&[]), "no findings");
        assert_eq!(summary(std::slice::from_ref(&finding)), "1 finding: 1 warning");
        let all = [error.clone(), error, finding];
        assert_eq!(summary(&all), "3 findings: 2 errors, 1 warning");
    }
}
