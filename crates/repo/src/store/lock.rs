//! The writer lock: one command at a time changes the registry of a working tree.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::{fmt, time::Duration};

use crate::system::within;

use super::{StateDir, StateFile, StoreError, clock::since_epoch};

/// The lock that protects the registry of a working tree. It is released on drop, or when the
/// process ends.
#[derive(Debug)]
pub struct WriterLock {
    _file: File,
}

/// Why the lock was not acquired.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it, and the time limit has passed.
    #[error("{} is changing the registry", described(.holder.as_ref()))]
    Held {
        /// The process that holds it, if the lock file says so.
        holder: Option<Holder>,
    },
    /// The lock cannot be written.
    #[error(transparent)]
    Store(StoreError),
}

fn described(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "another idhooks command".to_owned(), ToString::to_string)
}

/// The process that holds a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The process id.
    pub process: u32,
    /// The command that it runs.
    pub what: String,
    /// When it acquired the lock, in seconds since 1970-01-01T00:00:00Z.
    pub since: u64,
}

impl WriterLock {
    /// Acquires the lock of the working tree that `state` belongs to, for the command `what`; waits
    /// no longer than `limit`.
    ///
    /// The operating system releases it even if the process is killed. On a file system without
    /// locks every process gets it; git's lock of the index still protects the index.
    ///
    /// # Errors
    /// Returns an error if another process holds the lock for longer than `limit`, or if the lock
    /// file cannot be written.
    pub fn take(state: &StateDir, what: &str, limit: Duration) -> Result<Self, LockError> {
        Self::take_at(&state.file("writer.lock"), what, limit)
    }

    /// Like [`WriterLock::take`], with `lock` as the lock file.
    ///
    /// # Errors
    /// Returns an error as [`WriterLock::take`] does.
    pub fn take_at(lock: &StateFile, what: &str, limit: Duration) -> Result<Self, LockError> {
        let failed = |cause| LockError::Store(StoreError::new("lock", lock.path(), cause));
        let mut options = OpenOptions::new();
        let options = options.create(true).read(true).write(true).truncate(false);
        let mut file = lock.open("lock", options).map_err(LockError::Store)?;
        if !lock_file(&file, limit).map_err(failed)? {
            return Err(LockError::Held { holder: Holder::read(&mut file) });
        }
        // Only for people: the lock is held even if this fails.
        let _ =
            file.set_len(0).and_then(|()| file.write_all(Holder::current(what).line().as_bytes()));
        Ok(WriterLock { _file: file })
    }
}

/// Locks a file, for which it waits no longer than `limit`, and returns whether it did. On a file
/// system without locks every process gets the lock.
pub(super) fn lock_file(file: &File, limit: Duration) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => return Ok(true),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
            return Ok(true);
        }
        Err(TryLockError::Error(error)) => return Err(error),
        Err(TryLockError::WouldBlock) if limit.is_zero() => return Ok(false),
        Err(TryLockError::WouldBlock) => {}
    }
    let clone = file.try_clone()?;
    within(limit, move || clone.lock()).map_or(Ok(false), |locked| locked.map(|()| true))
}

impl Holder {
    fn current(what: &str) -> Self {
        Holder {
            process: std::process::id(),
            what: what.to_owned(),
            since: since_epoch().as_secs(),
        }
    }

    fn line(&self) -> String {
        format!("{} {} {}\n", self.process, self.since, self.what)
    }

    fn read(file: &mut File) -> Option<Self> {
        let mut text = String::new();
        file.read_to_string(&mut text).ok()?;
        let mut words = text.trim_end().splitn(3, ' ');
        let (process, since) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Holder { process, since, what: words.next()?.to_owned() })
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age = since_epoch().as_secs().saturating_sub(self.since);
        write!(f, "'idhooks {}' (process {}, for {age} s)", self.what, self.process)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;

    #[test]
    fn only_one_process_holds_the_lock() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let state = StateDir::of(dir.path(), Sharing::default());
        let take = |limit| WriterLock::take(&state, "test", limit);
        let first = take(Duration::ZERO).expect("free");
        let Err(LockError::Held { holder: Some(holder) }) = take(Duration::ZERO) else {
            unreachable!("held")
        };
        assert_eq!((holder.process, &*holder.what), (std::process::id(), "test"));
        assert!(matches!(take(Duration::from_millis(1)), Err(LockError::Held { .. })));
        let second = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| take(Duration::from_secs(600)));
            drop(first);
            waiting.join().expect("no panic")
        });
        drop(second.expect("handed on"));
        drop(take(Duration::ZERO).expect("free again"));
    }
}
