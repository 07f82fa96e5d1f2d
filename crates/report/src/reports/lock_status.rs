//! [`LockStatus`]: whether commands can take the writer lock.

use std::time::{Duration, Instant};

use idhooks_repo::git::Repo;
use idhooks_repo::store::{LockError, WriterLock};

/// The state of the writer lock.
pub(super) enum LockStatus {
    /// The lock was free after this time, and was released again.
    Had(Duration),
    /// Another process held it the whole time: this one.
    Taken(String),
    /// It cannot be created.
    Broken(String),
}

impl LockStatus {
    /// Takes the writer lock for `what`, and releases it.
    pub(super) fn probe(repo: &Repo, what: &str, limit: Duration) -> Self {
        let begin = Instant::now();
        // Only taking the lock proves that commands can take it.
        match WriterLock::take(&repo.worktree_state_dir(), what, limit) {
            Ok(_) => LockStatus::Had(begin.elapsed()),
            Err(LockError::Held { holder, .. }) => LockStatus::Taken(format!("held by {holder}")),
            Err(LockError::Store(error)) => LockStatus::Broken(error.to_string()),
        }
    }

    /// Returns why the lock is not free; `None` if it is.
    pub(super) fn fault(self) -> Option<String> {
        match self {
            LockStatus::Had(_) => None,
            LockStatus::Taken(why) | LockStatus::Broken(why) => Some(why),
        }
    }
}
