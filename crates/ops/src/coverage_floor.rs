//! [`CoverageFloor`]: a check's coverage and the required minimum.

use idhooks_core::check::{Code, Coverage, Finding, Severity, Share};

/// A check's coverage and the required minimum.
#[derive(Debug)]
pub struct CoverageFloor {
    /// The coverage.
    pub coverage: Coverage,
    /// The minimum, if there is one.
    pub least: Option<Share>,
}

impl CoverageFloor {
    /// Computes the coverage from the number of tracked files and the findings about missing
    /// identities.
    pub fn of(files: usize, findings: &[Finding], least: Option<Share>) -> Self {
        let missing = findings.iter().filter(|finding| finding.code == Code::MissingId).count();
        let coverage = Coverage { files, covered: files.saturating_sub(missing) };
        CoverageFloor { coverage: coverage.with_pending(findings), least }
    }

    fn is_met(&self) -> bool {
        self.least.as_ref().is_some_and(|share| self.coverage.meets(share))
    }

    /// If coverage reaches the minimum, lowers the severity of findings about missing identities to
    /// info.
    pub fn accept_missing(&self, findings: &mut [Finding]) {
        if self.is_met() {
            let missing = findings.iter_mut().filter(|finding| finding.code == Code::MissingId);
            // They are still reported, but no longer fail the check.
            missing.for_each(|finding| finding.severity = Severity::Info);
        }
    }

    /// Returns a description of the problem if coverage is below the minimum.
    pub fn unmet(&self) -> Option<String> {
        let share = self.least.as_ref().filter(|_| !self.is_met())?;
        Some(format!("coverage is {}, less than {share}", self.coverage))
    }
}
