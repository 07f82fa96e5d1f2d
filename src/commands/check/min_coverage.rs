//! How many files have an identity, and whether that is enough.

use crate::check::{Code, Coverage, Finding, Severity, Share};
use crate::exit::Exit;
use crate::output::Ui;

/// The coverage of what was checked, and how much of it is asked for.
pub(crate) struct CoverageFloor {
    coverage: Coverage,
    least: Option<Share>,
}

impl CoverageFloor {
    /// Returns the coverage of `files` tracked files, of which `findings` says what is missing.
    pub(crate) fn of(files: usize, findings: &[Finding], least: Option<Share>) -> Self {
        let missing = findings.iter().filter(|finding| finding.code == Code::MissingId).count();
        let coverage = Coverage { files, covered: files.saturating_sub(missing) };
        CoverageFloor { coverage: coverage.with_pending(findings), least }
    }

    fn is_met(&self) -> Option<bool> {
        self.least.as_ref().map(|share| self.coverage.meets(share))
    }

    /// Makes missing identities a mere information where enough files have one.
    pub(crate) fn forgive(&self, findings: &mut [Finding]) {
        if self.is_met() == Some(true) {
            let missing = findings.iter_mut().filter(|finding| finding.code == Code::MissingId);
            missing.for_each(|finding| finding.severity = Severity::Info);
        }
    }

    /// Says how it is, where that was asked for; returns how the check ends if it is too little.
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
