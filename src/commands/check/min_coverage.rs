//! `--min-coverage`: compares the share of files that have an identity with a minimum.

use idhooks_core::check::{Code, Coverage, Finding, Severity, Share};

use crate::exit::Exit;
use crate::output::Ui;

/// The coverage of a check, and the required minimum.
pub(crate) struct CoverageFloor {
    coverage: Coverage,
    least: Option<Share>,
}

impl CoverageFloor {
    /// Computes the coverage of `files` tracked files from the findings of missing identities.
    pub(crate) fn of(files: usize, findings: &[Finding], least: Option<Share>) -> Self {
        let missing = findings.iter().filter(|finding| finding.code == Code::MissingId).count();
        let coverage = Coverage { files, covered: files.saturating_sub(missing) };
        CoverageFloor { coverage: coverage.with_pending(findings), least }
    }

    fn is_met(&self) -> Option<bool> {
        self.least.as_ref().map(|share| self.coverage.meets(share))
    }

    /// Reduces findings of missing identities to severity info if coverage reaches the minimum.
    pub(crate) fn accept_missing(&self, findings: &mut [Finding]) {
        if self.is_met() == Some(true) {
            let missing = findings.iter_mut().filter(|finding| finding.code == Code::MissingId);
            missing.for_each(|finding| finding.severity = Severity::Info);
        }
    }

    /// Reports the coverage if a minimum is set; returns the exit code if coverage is below it.
    pub(crate) fn verdict(&self, ui: &mut Ui) -> Option<Exit> {
        let (share, coverage) = (self.least.as_ref()?, self.coverage);
        if self.is_met() == Some(true) {
            ui.status(&format!("coverage is {coverage}"));
            return None;
        }
        ui.error(&format!("coverage is {coverage}, less than {share}"));
        Some(Exit::Findings)
    }
}
