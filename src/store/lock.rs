//! One writer at a time: who wants to change the registry of a working tree waits for its turn.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::sync::mpsc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{StateDir, StateFile, StoreError};

/// The right to change the registry of a working tree; it ends with this, or with the process.
#[derive(Debug)]
pub struct WriterLock {
    _file: File,
}

/// Why a turn did not come.
#[derive(Debug)]
pub enum LockError {
    /// Another process has it, and the time to wait is over.
    Taken {
        /// Who that is, as far as the lock tells.
        holder: Option<Holder>,
    },
    /// The lock cannot be written.
    Store(StoreError),
}

/// Who has the turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The number of the process.
    pub process: u32,
    /// What it does.
    pub what: String,
    /// Since when, in seconds after 1970-01-01T00:00:00Z.
    pub since: u64,
}

impl WriterLock {
    /// Waits for the turn in the working tree that `state` belongs to, no longer than `limit`, to
    /// do `what`.
    ///
    /// The system hands it on, also when a process is killed. A file system without locks gives
    /// it to everybody: git's lock of the index is still there.
    ///
    /// # Errors
    /// Another process that has it for longer; a file that cannot be written.
    pub fn take(state: &StateDir, what: &str, limit: Duration) -> Result<Self, LockError> {
        Self::take_at(&state.file("writer.lock"), what, limit)
    }

    /// As [`WriterLock::take`], where it is `lock` that says whose turn it is.
    ///
    /// # Errors
    /// As [`WriterLock::take`].
    pub fn take_at(lock: &StateFile, what: &str, limit: Duration) -> Result<Self, LockError> {
        let failed = |cause| LockError::Store(StoreError::new("lock", lock.path(), cause));
        let mut options = OpenOptions::new();
        let options = options.create(true).read(true).write(true).truncate(false);
        let mut file = lock.open("lock", options).map_err(LockError::Store)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Err(TryLockError::WouldBlock) if !wait(&file, limit).map_err(failed)? => {
                return Err(LockError::Taken { holder: Holder::of(&mut file) });
            }
            Err(TryLockError::WouldBlock) => {}
        }
        // Only for people: a lock that says nothing is held all the same.
        let _ = file.set_len(0).and_then(|()| file.write_all(Holder::here(what).line().as_bytes()));
        Ok(WriterLock { _file: file })
    }
}

/// Waits until the file is locked, and returns whether it is.
fn wait(file: &File, limit: Duration) -> io::Result<bool> {
    if limit.is_zero() {
        return Ok(false);
    }
    let (sender, receiver) = mpsc::channel();
    let same = file.try_clone()?;
    std::thread::spawn(move || {
        // Nobody listens any more after the time limit.
        let _ = sender.send(same.lock());
    });
    receiver.recv_timeout(limit).map_or(Ok(false), |locked| locked.map(|()| true))
}

impl Holder {
    fn here(what: &str) -> Self {
        Holder { process: std::process::id(), what: what.to_owned(), since: seconds() }
    }

    fn line(&self) -> String {
        format!("{} {} {}\n", self.process, self.since, self.what)
    }

    fn of(file: &mut File) -> Option<Self> {
        let mut text = String::new();
        file.read_to_string(&mut text).ok()?;
        let mut words = text.trim_end().splitn(3, ' ');
        let (process, since) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Holder { process, since, what: words.next()?.to_owned() })
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let age = seconds().saturating_sub(self.since);
        write!(f, "'idhooks {}' (process {}, for {age} s)", self.what, self.process)
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;

    #[test]
    fn one_has_the_turn_until_it_ends() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let state = StateDir::of(dir.path(), Sharing::default());
        let take = |limit| WriterLock::take(&state, "test", limit);
        let first = take(Duration::ZERO).expect("free");
        let Err(LockError::Taken { holder: Some(holder) }) = take(Duration::ZERO) else {
            unreachable!("taken")
        };
        assert_eq!((holder.process, &*holder.what), (std::process::id(), "test"));
        assert!(matches!(take(Duration::from_millis(1)), Err(LockError::Taken { .. })));
        let second = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| take(Duration::from_secs(600)));
            drop(first);
            waiting.join().expect("no panic")
        });
        drop(second.expect("handed on"));
        drop(take(Duration::ZERO).expect("free again"));
    }
}
