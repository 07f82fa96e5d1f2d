//! What the process tells its caller by its exit code.

use crate::check::{Finding, Severity};

/// Exit codes of every command but the merge driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Nothing is wrong.
    Fine = 0,
    /// A finding of severity error, or a commit that a hook blocked.
    Findings = 1,
    /// Wrong usage or configuration, or an environment that does not allow the command.
    Environment = 2,
    /// A fault of idhooks itself.
    Internal = 3,
}

impl Exit {
    /// Returns the code for findings: they fail a command from severity `least` on.
    pub fn of(findings: &[Finding], least: Severity) -> Self {
        // Severities are ordered from the worst on.
        match findings.iter().any(|finding| finding.severity <= least) {
            true => Exit::Findings,
            false => Exit::Fine,
        }
    }
}

/// Exit codes of the merge driver: git's contract, in which 1 to 128 mean a conflict and
/// anything above is a failure that older git answers by taking a torn file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum DriverExit {
    /// The result is complete.
    Merged = 0,
    /// The result holds conflict markers.
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
    use crate::check::Code;

    #[test]
    fn warnings_fail_only_where_they_are_meant_to() {
        let warning = [Finding::new(Code::NotCanonical, "m", "h")];
        let error = [Finding::new(Code::StalePath, "m", "h")];
        assert_eq!(Exit::of(&[], Severity::Warning), Exit::Fine);
        assert_eq!(Exit::of(&warning, Severity::Error), Exit::Fine);
        assert_eq!(Exit::of(&warning, Severity::Warning), Exit::Findings);
        assert_eq!(Exit::of(&error, Severity::Error), Exit::Findings);
    }
}
