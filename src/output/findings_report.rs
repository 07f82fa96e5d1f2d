//! [`FindingsReport`]: the findings of a command, and whether it fails.

use idhooks_core::check::{Finding, Severity};

/// The findings of a command, and what decides whether it fails.
#[derive(Debug, Clone, Copy)]
pub struct FindingsReport<'a> {
    /// The command, such as `check`.
    pub command: &'a str,
    /// The findings.
    pub findings: &'a [Finding],
    /// The severity from which a finding is a failure.
    pub least: Severity,
    /// The limits that are not met, each as a sentence without a capital letter: the command fails
    /// even if no finding does.
    pub unmet: &'a [String],
}

impl FindingsReport<'_> {
    /// Returns whether a finding is a failure.
    pub(super) fn is_failure(&self, finding: &Finding) -> bool {
        finding.severity <= self.least
    }

    /// Returns whether the command fails.
    pub(super) fn fails(&self) -> bool {
        !self.unmet.is_empty() || self.findings.iter().any(|finding| self.is_failure(finding))
    }
}
