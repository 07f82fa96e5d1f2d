//! What the process tells its caller by its exit code.

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
