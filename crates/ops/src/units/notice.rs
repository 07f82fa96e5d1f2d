//! [`UnitNotice`]: changes to files that start idhooks, and to their registration with the system.

use std::path::PathBuf;

use crate::install::PassingPlace;

/// A step in installing or removing timers or the watcher's unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitNotice {
    /// Backups cannot be pushed to this remote because it does not exist.
    NoRemote(String),
    /// The named program is not on this machine, or this system does not find it here.
    NoProgramHere(String, &'static str),
    /// The unit still calls this program, which an earlier installation named.
    KeptProgram(String),
    /// The unit calls this program, which is in a place that may be gone while the unit remains.
    PassingProgram(String, PassingPlace),
    /// Everything is already in place.
    Unchanged,
    /// This file would be written with this content.
    WouldWrite(PathBuf, String),
    /// This file was written.
    Wrote(PathBuf),
    /// This file would be removed.
    WouldRemove(PathBuf),
    /// This file was removed.
    Removed(PathBuf),
    /// This file was changed by hand, so it is kept.
    KeptChanged(PathBuf),
    /// These lines would be added to the crontab.
    WouldAddLines(String),
    /// The lines were added to the crontab.
    AddedLines,
    /// The lines would be removed from the crontab.
    WouldRemoveLines,
    /// The lines were removed from the crontab.
    RemovedLines,
    /// The workflow was written and will run once it is committed.
    NewWorkflow,
    /// The systemd timers are enabled.
    Enabled,
    /// The systemd timers are not enabled.
    NotEnabled {
        /// The timers' unit names.
        timers: Vec<String>,
        /// The reason.
        reason: String,
    },
    /// The systemd timers could not be disabled, for this reason.
    NotDisabled(String),
    /// A Windows task is not registered.
    NoTask {
        /// The task's name.
        name: String,
        /// The task's file.
        file: PathBuf,
        /// The reason.
        reason: String,
    },
    /// A Windows task was not removed; holds its name and the reason.
    TaskLeft(String, String),
    /// A notice about the watcher's unit.
    Watcher(WatcherNotice),
}

/// Whether the system runs the watcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatcherNotice {
    /// The system runs the watcher from now on.
    Registered,
    /// The system does not run the watcher.
    NotRegistered {
        /// The system that was supposed to run the watcher.
        keeper: WatchKeeper,
        /// The unit's name.
        unit: String,
        /// The unit's file.
        file: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The system may still run the watcher; holds the reason that the unit was not removed.
    NotRemoved(String),
}

idhooks_core::words! {
    /// The system that keeps a watcher running.
    pub enum WatchKeeper {
        /// A systemd service.
        Systemd = "systemd",
        /// A launchd agent.
        Launchd = "launchd",
        /// A task in the Windows Task Scheduler.
        Windows = "windows",
    }
}
