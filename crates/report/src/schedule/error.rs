//! [`ScheduleError`]: why timers or reports of jobs cannot be written.

use std::path::PathBuf;

use idhooks_ops::OpsError;
use idhooks_repo::git::GitError;
use idhooks_repo::store::StoreError;
use idhooks_repo::system::SystemError;

/// Why timers cannot be installed or removed, or the report of a job cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// A use case failed.
    #[error(transparent)]
    Ops(#[from] OpsError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A program of the system cannot be started.
    #[error(transparent)]
    System(#[from] SystemError),
    /// The workflow needs a source of idhooks.
    #[error("no source of idhooks for the job is named")]
    NoSource,
    /// A timer cannot hold this path: the reason.
    #[error("cannot write '{}' into a timer", .0.display())]
    UnitPath(PathBuf, &'static str),
    /// The Task Scheduler of Windows would see a variable in this path.
    #[error("cannot write '{0}' into a task")]
    TaskPath(String),
    /// A file of idhooks was changed by someone else.
    #[error("'{}' was changed by hand", .0.display())]
    ChangedFile(PathBuf),
    /// A file of someone else is in the place of one of idhooks.
    #[error("'{}' exists, and idhooks did not write it", .0.display())]
    ForeignFile(PathBuf),
    /// Cron is not installed.
    #[error("crontab is not on PATH")]
    NoCron,
    /// The crontab has a part of a block of idhooks.
    #[error("the crontab has an incomplete block of idhooks")]
    DamagedCrontab,
    /// Cron refuses.
    #[error("cannot {action} the crontab of this user")]
    Crontab {
        /// What was to be done: `read`, `write` or `remove`.
        action: &'static str,
        /// What cron says.
        reason: String,
    },
    /// No environment variable names a directory for units of systemd.
    #[error("cannot find the systemd units of this user")]
    NoUnits,
    /// No environment variable names a directory for agents of launchd.
    #[error("cannot find the agents of this user")]
    NoAgents,
}
