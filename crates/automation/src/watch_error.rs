//! [`WatchError`]: why a watcher cannot start, continue or end.

use std::path::PathBuf;

use idhooks_core::config::ConfigError;
use idhooks_repo::git::{GitError, OpenError};
use idhooks_repo::store::StoreError;
use idhooks_repo::system::SystemError;

use crate::child_process::OwnProcessError;
use crate::other_watcher::OtherWatcher;
use crate::queue::QueueError;

/// Why a watcher cannot start, continue or end.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The repository cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The rules are invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue cannot be used.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The check could not run.
    #[error("cannot check the registry: {0}")]
    Check(OwnProcessError),
    /// A watcher is already running.
    #[error("this working tree is watched already, by {0}")]
    Running(Box<OtherWatcher>),
    /// The watcher was started but is not running. Holds its error output.
    #[error("the watcher does not start")]
    NotStarted(String),
    /// A watcher was asked to end but did not.
    #[error("the watcher does not end: {0}")]
    NotEnded(Box<OtherWatcher>),
    /// The program could not be started.
    #[error(transparent)]
    Program(#[from] SystemError),
    /// The operating system does not allow signals to be handled.
    #[error("cannot react to the signals of the system: {0}")]
    Signals(#[source] std::io::Error),
    /// The repository was moved or deleted.
    #[error("the repository '{}' is gone: it was moved or deleted", .0.display())]
    Gone(PathBuf),
}

impl WatchError {
    /// Returns whether the queue is damaged.
    pub(crate) fn is_of_damaged_queue(&self) -> bool {
        matches!(self, WatchError::Queue(QueueError::Damaged { .. }))
    }
}
