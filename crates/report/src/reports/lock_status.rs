//! [`LockStatus`]: whether commands can take the writer lock.

use std::time::{Duration, Instant};

use idhooks_repo::git::Repo;
use idhooks_repo::store::{LockError, WriterLock};

/// Whether the writer lock could be taken.
pub(super) enum LockStatus {
    /// The lock was taken after waiting this long, and released again.
    Had(Duration),
    /// Another process, described here, held the lock the whole time.
    Taken(String),
    /// The lock file cannot be created.
    Broken(String),
}

impl LockStatus {
    /// Takes the writer lock for `what`, and releases it.
    pub(super) fn probe(repo: &Repo, what: &str, limit: Duration) -> Self {
        let begin = Instant::now();
        // Only taking the lock proves that other commands can take it.
        match WriterLock::take(&repo.worktree_state_dir(), what, limit) {
            Ok(_) => LockStatus::Had(begin.elapsed()),
            Err(LockError::Held { holder, .. }) => LockStatus::Taken(format!("held by {holder}")),
            Err(LockError::Store(error)) => LockStatus::Broken(error.to_string()),
        }
    }

    /// Returns the reason the lock is not available; `None` if it is.
    pub(super) fn fault(self) -> Option<String> {
        match self {
            LockStatus::Had(_) => None,
            LockStatus::Taken(why) | LockStatus::Broken(why) => Some(why),
        }
    }
}
