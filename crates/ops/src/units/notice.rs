//! [`UnitNotice`]: changes of files that start idhooks, and of their registration with the system.

use std::path::PathBuf;

/// A step of installing or removing timers or the unit of the watcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitNotice {
    /// No backup can be pushed to this remote: it does not exist.
    NoRemote(String),
    /// Everything is there already.
    Unchanged,
    /// This file, with this text, would be written.
    WouldWrite(PathBuf, String),
    /// This file was written.
    Wrote(PathBuf),
    /// This file would be removed.
    WouldRemove(PathBuf),
    /// This file was removed.
    Removed(PathBuf),
    /// This file was changed by hand, and stays.
    KeptChanged(PathBuf),
    /// These lines would be added to the crontab.
    WouldAddLines(String),
    /// The lines were added to the crontab.
    AddedLines,
    /// The lines would be removed from the crontab.
    WouldRemoveLines,
    /// The lines were removed from the crontab.
    RemovedLines,
    /// The workflow was written, and runs once it is committed.
    NewWorkflow,
    /// The timers of systemd are enabled.
    Enabled,
    /// The timers of systemd are not enabled.
    NotEnabled {
        /// The names of their units.
        timers: Vec<String>,
        /// Why not.
        reason: String,
    },
    /// The timers of systemd cannot be disabled: the reason.
    NotDisabled(String),
    /// A task of Windows is not registered.
    NoTask {
        /// Its name.
        name: String,
        /// Its file.
        file: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A task of Windows was not removed: its name, and the reason.
    TaskLeft(String, String),
    /// Something about the unit of the watcher.
    Watcher(WatcherNotice),
}

/// Whether the system runs the watcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatcherNotice {
    /// It does from now on.
    Registered,
    /// It does not.
    NotRegistered {
        /// The system that was to run it.
        keeper: WatchKeeper,
        /// The name of the unit.
        unit: String,
        /// Its file.
        file: PathBuf,
        /// Why not.
        reason: String,
    },
    /// It may still do: why the unit was not removed.
    NotRemoved(String),
}

idhooks_core::words! {
    /// The system that keeps a watcher running.
    pub enum WatchKeeper {
        /// A service of systemd.
        Systemd = "systemd",
        /// An agent of launchd.
        Launchd = "launchd",
        /// A task of the Task Scheduler of Windows.
        Windows = "windows",
    }
}
