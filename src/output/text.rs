//! Formats findings for people.

use idhooks_core::check::{Finding, Severity};

use super::Ui;

/// Returns the lines of a finding: what is wrong, what to do, and text to paste for that.
pub fn finding_lines(finding: &Finding) -> Vec<String> {
    let (severity, code) = (finding.severity.as_str(), finding.code);
    let head = format!("{severity}[{code}]: {}", finding.message);
    let paste = finding.paste.iter().map(|line| format!("    {line}"));
    [head, format!("  help: {}", finding.help)].into_iter().chain(paste).collect()
}

/// Returns a number with its noun.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Returns the number of findings of each severity, on one line.
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

    /// Prints findings on stderr, as hooks do.
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
    use idhooks_core::check::Code;

    #[test]
    fn a_finding_has_two_lines_and_text_to_paste_and_a_summary_has_one() {
        let finding = Finding::new(Code::NotCanonical, "not canonical", "commit");
        assert_eq!(
            finding_lines(&finding),
            ["warning[NOT_CANONICAL]: not canonical", "  help: commit"]
        );
        let paste = vec!["[a]".to_owned(), "b = 1".to_owned()];
        let pasted = Finding { paste, ..finding.clone() };
        assert_eq!(finding_lines(&pasted)[2..], ["    [a]", "    b = 1"]);
        let error = Finding::new(Code::StalePath, "stale", "commit");
        assert_eq!(summary(&[]), "no findings");
        assert_eq!(summary(std::slice::from_ref(&finding)), "1 finding: 1 warning");
        let all = [error.clone(), error, finding];
        assert_eq!(summary(&all), "3 findings: 2 errors, 1 warning");
    }
}
