//! The exit codes.

use idhooks_core::check::{Finding, Severity};

/// The exit codes of all commands except the merge driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Success, without findings that count as errors.
    Fine = 0,
    /// There are findings of severity error, or a hook blocked the commit.
    Findings = 1,
    /// The usage, the configuration or the environment is wrong.
    Environment = 2,
    /// An internal error of idhooks.
    Internal = 3,
}

impl Exit {
    /// Returns the code for findings: those of severity `least` or worse fail the command.
    pub fn of(findings: &[Finding], least: Severity) -> Self {
        // Severities are ordered from the worst to the mildest.
        match findings.iter().any(|finding| finding.severity <= least) {
            true => Exit::Findings,
            false => Exit::Fine,
        }
    }
}

/// The exit codes of the merge driver. For git, 1 to 128 mean a conflict, and more a failure, after
/// which older git would accept an incomplete file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum DriverExit {
    /// The result is complete.
    Merged = 0,
    /// The result has conflict markers.
    Conflict = 1,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit as u8)
    }
}

impl From<DriverExit> for std::process::ExitCode {
    fn from(exit: DriverExit) -> Self {
        std::process::ExitCode::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::check::Code;

    #[test]
    fn warnings_fail_only_if_asked() {
        let warning = [Finding::new(Code::NotCanonical, "m", "h")];
        let error = [Finding::new(Code::StalePath, "m", "h")];
        assert_eq!(Exit::of(&[], Severity::Warning), Exit::Fine);
        assert_eq!(Exit::of(&warning, Severity::Error), Exit::Fine);
        assert_eq!(Exit::of(&warning, Severity::Warning), Exit::Findings);
        assert_eq!(Exit::of(&error, Severity::Error), Exit::Findings);
    }
}
