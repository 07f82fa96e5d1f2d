//! [`UnitRefusal`]: why a unit's files cannot be written.

use std::path::PathBuf;

use idhooks_repo::store::ProgramCache;

/// Why the files that let the system start idhooks cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum UnitRefusal {
    /// A unit cannot contain this path, for this reason.
    #[error("cannot write '{}' into a timer", .0.display())]
    Path(PathBuf, &'static str),
    /// The Windows Task Scheduler would take part of this path for a variable.
    #[error("cannot write '{0}' into a task")]
    TaskPath(String),
    /// The running program is in a cache, so the unit would stop working.
    #[error("'{0}' is in the cache of {cache}, which may be cleaned at any time", cache = .1.as_str())]
    InCache(String, ProgramCache),
    /// The named program does not exist, or cannot be run.
    #[error("'{}' is not a program that can be run", .0.display())]
    NoProgram(PathBuf),
    /// The named program does not report a version of idhooks.
    #[error("'{}' is not idhooks: with '--version', it does not print 'idhooks <version>'", .0.display())]
    NotIdhooks(PathBuf),
    /// The system that starts the unit does not find a program with this name.
    #[error("{system} does not find '{name}'")]
    NotSearched {
        /// The program's name.
        name: String,
        /// The system.
        system: &'static str,
        /// The directories that it searches.
        dirs: Vec<PathBuf>,
        /// A program with this name on `PATH`.
        on_path: Option<PathBuf>,
    },
    /// One of idhooks' files was changed by someone else.
    #[error("'{}' was changed by hand", .0.display())]
    ChangedFile(PathBuf),
    /// Someone else's file has the name of one of idhooks' files.
    #[error("'{}' exists, and idhooks did not write it", .0.display())]
    ForeignFile(PathBuf),
    /// No environment variable names a directory for systemd units.
    #[error("cannot find the systemd units of this user")]
    NoUnits,
    /// No environment variable names a directory for launchd agents.
    #[error("cannot find the agents of this user")]
    NoAgents,
}
