//! [`UnitRefusal`]: why the files of a unit are not written.

use std::path::PathBuf;

/// Why the files that let the system start idhooks are not written.
#[derive(Debug, thiserror::Error)]
pub enum UnitRefusal {
    /// A unit cannot hold this path: the reason.
    #[error("cannot write '{}' into a timer", .0.display())]
    Path(PathBuf, &'static str),
    /// The Task Scheduler of Windows would see a variable in this path.
    #[error("cannot write '{0}' into a task")]
    TaskPath(String),
    /// A file of idhooks was changed by someone else.
    #[error("'{}' was changed by hand", .0.display())]
    ChangedFile(PathBuf),
    /// A file of someone else has the name of one of idhooks.
    #[error("'{}' exists, and idhooks did not write it", .0.display())]
    ForeignFile(PathBuf),
    /// No environment variable names a directory for units of systemd.
    #[error("cannot find the systemd units of this user")]
    NoUnits,
    /// No environment variable names a directory for agents of launchd.
    #[error("cannot find the agents of this user")]
    NoAgents,
}
