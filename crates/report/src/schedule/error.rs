//! [`ScheduleError`]: the reasons timers or job reports cannot be written.

use idhooks_ops::OpsError;
use idhooks_ops::units::UnitRefusal;
use idhooks_repo::git::GitError;
use idhooks_repo::store::StoreError;
use idhooks_repo::system::SystemError;

/// The reason timers cannot be installed or removed, or a job's report cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// A use case failed.
    #[error(transparent)]
    Ops(#[from] OpsError),
    /// A timer's files cannot be written.
    #[error(transparent)]
    Unit(#[from] UnitRefusal),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A system program cannot be started.
    #[error(transparent)]
    System(#[from] SystemError),
    /// The workflow needs to know where to get idhooks from.
    #[error("no source of idhooks for the job is named")]
    NoSource,
    /// Cron is not installed.
    #[error("crontab is not on PATH")]
    NoCron,
    /// The crontab contains an incomplete idhooks block.
    #[error("the crontab has an incomplete block of idhooks")]
    DamagedCrontab,
    /// Cron refuses.
    #[error("cannot {action} the crontab of this user")]
    Crontab {
        /// The action that failed: `read`, `write` or `remove`.
        action: &'static str,
        /// cron's message.
        reason: String,
    },
}
