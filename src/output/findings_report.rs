//! [`FindingsReport`]: the findings of a command, and whether it fails.

use idhooks_core::check::{Finding, Severity};

use super::text::summary;

/// The findings of a command, and what decides whether it fails.
#[derive(Debug, Clone, Copy)]
pub struct FindingsReport<'a> {
    /// The command, such as `check`.
    pub command: &'a str,
    /// The findings.
    pub findings: &'a [Finding],
    /// Findings that count like the others, but that are not listed.
    pub unlisted: &'a [Finding],
    /// The severity from which a finding is a failure.
    pub least: Severity,
    /// The limits that are not met, each as a sentence without a capital letter: the command fails
    /// even if no finding does.
    pub unmet: &'a [String],
}

impl<'a> FindingsReport<'a> {
    /// Creates a report that lists all findings.
    pub fn new(
        command: &'a str,
        findings: &'a [Finding],
        least: Severity,
        unmet: &'a [String],
    ) -> Self {
        FindingsReport { command, findings, unlisted: &[], least, unmet }
    }

    /// Returns whether a finding is a failure.
    pub(super) fn is_failure(&self, finding: &Finding) -> bool {
        finding.severity <= self.least
    }

    /// Returns whether the command fails.
    pub(super) fn fails(&self) -> bool {
        !self.unmet.is_empty()
            || self.findings.iter().any(|finding| self.is_failure(finding))
            || self.fails_unlisted()
    }

    /// Returns whether a finding that is not listed is a failure.
    pub(super) fn fails_unlisted(&self) -> bool {
        self.unlisted.iter().any(|finding| self.is_failure(finding))
    }

    /// Returns what the report leaves out, in words.
    pub(super) fn unlisted_note(&self) -> Option<String> {
        let note = || format!("not listed (--no-findings): {}", summary(self.unlisted));
        (!self.unlisted.is_empty()).then(note)
    }
}
