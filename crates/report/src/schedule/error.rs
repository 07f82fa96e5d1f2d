//! [`ScheduleError`]: why timers or reports of jobs cannot be written.

use idhooks_ops::OpsError;
use idhooks_ops::units::UnitRefusal;
use idhooks_repo::git::GitError;
use idhooks_repo::store::StoreError;
use idhooks_repo::system::SystemError;

/// Why timers cannot be installed or removed, or the report of a job cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// A use case failed.
    #[error(transparent)]
    Ops(#[from] OpsError),
    /// The files of a timer are not written.
    #[error(transparent)]
    Unit(#[from] UnitRefusal),
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
    /// Cron is not installed.
    #[error("crontab is not on PATH")]
    NoCron,
    /// The crontab has a part of a block of idhooks.
    #[error("the crontab has an incomplete block of idhooks")]
    DamagedCrontab,
    /// Cron refuses.
    #[error("cannot {action} the crontab of this user")]
    Crontab {
        /// The action: `read`, `write` or `remove`.
        action: &'static str,
        /// The message of cron.
        reason: String,
    },
}
