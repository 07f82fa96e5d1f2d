//! [`WriterLock`], which lets only one command at a time change a working tree's registry, and the
//! code that all locks share.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::time::{Duration, Instant};
use std::{convert::Infallible, ops::ControlFlow, thread};

use idhooks_core::registry::{Id, RepoPath};

use super::lock_holder::Holder;
use super::{StateDir, StateFile, StoreError};

/// How long to wait before retrying a lock held by another process. The interval is fixed, so that
/// a process that has been waiting for a long time has the same chance as a new one.
const INTERVAL: Duration = Duration::from_millis(2);

/// Passed to [`lock_file_or`] when nothing can end the wait early.
const NO_ANSWER: Option<&dyn Fn() -> Option<Infallible>> = None;

/// The lock that protects a working tree's registry. It is released on drop or when the process
/// exits.
#[derive(Debug)]
pub struct WriterLock {
    file: File,
}

/// Whether several processes may hold a lock at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockMode {
    /// Other processes may also hold the lock in this mode.
    Shared,
    /// No other process may hold the lock.
    Exclusive,
}

/// What a lock protects.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LockSubject {
    /// A working tree's registry while it is being written: the [`WriterLock`].
    Writing,
    /// The registry and everything it describes.
    Registry,
    /// A file.
    Path(RepoPath),
    /// An identity.
    Id(Id),
}

/// Why a lock was not acquired.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds the lock, and the time limit has expired.
    #[error("{}", held(.subject, .holder))]
    Held {
        /// What the lock protects.
        subject: LockSubject,
        /// The process that holds the lock.
        holder: Holder,
    },
    /// The lock cannot be written.
    #[error(transparent)]
    Store(StoreError),
}

fn held(subject: &LockSubject, who: &Holder) -> String {
    match subject {
        // Another program may hold the lock for any reason.
        LockSubject::Writing if who.command().is_none() => format!("{who} holds the writer lock"),
        LockSubject::Writing => format!("{who} is changing the registry"),
        LockSubject::Registry => format!("{who} holds the lock of the registry"),
        LockSubject::Path(path) => format!("{who} holds the lock of '{path}'"),
        LockSubject::Id(id) => format!("{who} holds the lock of {id}"),
    }
}

impl WriterLock {
    /// Acquires the lock on the working tree that `state` belongs to, for the command `what`,
    /// waiting no longer than `limit`.
    ///
    /// The operating system releases the lock even if the process is killed. On a file system
    /// without locks, every process acquires the lock, but git's index lock still protects the
    /// index.
    ///
    /// # Errors
    /// Returns an error if another process holds the lock for longer than `limit`, or if the lock
    /// file cannot be written.
    pub fn take(state: &StateDir, what: &str, limit: Duration) -> Result<Self, LockError> {
        Self::take_at(&state.file("writer.lock"), what, limit)
    }

    /// Like [`WriterLock::take`], but uses `lock` as the lock file.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`WriterLock::take`].
    pub fn take_at(lock: &StateFile, what: &str, limit: Duration) -> Result<Self, LockError> {
        let (mode, subject) = (LockMode::Exclusive, LockSubject::Writing);
        take_lock(lock, what, mode, &subject, limit).map(|file| WriterLock { file })
    }

    /// Like [`WriterLock::take`], but stops waiting as soon as `answer` returns a value, and then
    /// returns that value.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`WriterLock::take`].
    pub fn take_or<A>(
        state: &StateDir,
        what: &str,
        limit: Duration,
        answer: impl Fn() -> Option<A>,
    ) -> Result<ControlFlow<A, Self>, LockError> {
        let (lock, subject) = (state.file("writer.lock"), LockSubject::Writing);
        let taken = take_lock_or(&lock, what, LockMode::Exclusive, &subject, limit, Some(&answer))?;
        Ok(taken.map_continue(|file| WriterLock { file }))
    }

    /// Returns the process that holds the lock on the working tree that `state` belongs to.
    pub fn holder(state: &StateDir) -> Option<Holder> {
        let lock = state.file("writer.lock");
        // Don't create the file: just asking must not leave a lock file behind.
        let mut file = File::open(lock.path()).ok()?;
        is_held(&file).then(|| Holder::of(&mut file, lock.path()).0)
    }
}

impl Drop for WriterLock {
    fn drop(&mut self) {
        // A program other than idhooks does not record itself when it takes the lock, so remove our
        // note.
        Holder::forget(&mut self.file);
    }
}

/// Acquires `lock` on `subject` for the command `what`, and records this in the lock file. Waits no
/// longer than `limit` for the lock.
///
/// # Errors
/// Returns an error in the same cases as [`WriterLock::take`].
pub(super) fn take_lock(
    lock: &StateFile,
    what: &str,
    mode: LockMode,
    subject: &LockSubject,
    limit: Duration,
) -> Result<File, LockError> {
    let ControlFlow::Continue(file) = take_lock_or(lock, what, mode, subject, limit, NO_ANSWER)?;
    Ok(file)
}

fn take_lock_or<A>(
    lock: &StateFile,
    what: &str,
    mode: LockMode,
    subject: &LockSubject,
    limit: Duration,
    answer: Option<&dyn Fn() -> Option<A>>,
) -> Result<ControlFlow<A, File>, LockError> {
    let failed = |cause| LockError::Store(StoreError::new("lock", lock.path(), cause));
    let mut options = OpenOptions::new();
    // Don't truncate the file when opening it, because it may name the current holder.
    let options = options.create(true).read(true).write(true).truncate(false);
    let mut file = lock.open("lock", options).map_err(LockError::Store)?;
    match lock_file_or(&file, mode, limit, answer).map_err(failed)? {
        ControlFlow::Break(answer) => return Ok(ControlFlow::Break(answer)),
        ControlFlow::Continue(true) => {}
        ControlFlow::Continue(false) => {
            let (holder, _) = Holder::of(&mut file, lock.path());
            return Err(LockError::Held { subject: subject.clone(), holder });
        }
    }
    // The note is only informational. If it cannot be written, the lock is still held.
    let note = format!("{}{}\n", Holder::note(what), subject.word());
    let _ = file.set_len(0).and_then(|()| file.write_all(note.as_bytes()));
    Ok(ControlFlow::Continue(file))
}

/// Returns whether any process holds a lock on the file.
pub(super) fn is_held(file: &File) -> bool {
    // If no process holds the lock, this takes it until the file is closed. That does no harm,
    // because writers retry.
    matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

/// Locks a file, waiting no longer than `limit`, and returns whether that succeeded. On a file
/// system without locks, every process succeeds.
pub(super) fn lock_file(file: &File, mode: LockMode, limit: Duration) -> io::Result<bool> {
    let ControlFlow::Continue(is_locked) = lock_file_or(file, mode, limit, NO_ANSWER)?;
    Ok(is_locked)
}

fn lock_file_or<A>(
    file: &File,
    mode: LockMode,
    limit: Duration,
    answer: Option<&dyn Fn() -> Option<A>>,
) -> io::Result<ControlFlow<A, bool>> {
    let begin = Instant::now();
    loop {
        let locked = match mode {
            LockMode::Shared => file.try_lock_shared(),
            LockMode::Exclusive => file.try_lock(),
        };
        match locked {
            Ok(()) => return Ok(ControlFlow::Continue(true)),
            // Some network file systems do not support locks. Working without a lock is better than
            // not working at all, and the index is compared before it is replaced.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                return Ok(ControlFlow::Continue(true));
            }
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => {}
        }
        let left = limit.saturating_sub(begin.elapsed());
        if left.is_zero() {
            return Ok(ControlFlow::Continue(false));
        }
        // The holder may have handled this request along with its own, in which case there is
        // nothing left to do.
        if let Some(answer) = answer.and_then(|answer| answer()) {
            return Ok(ControlFlow::Break(answer));
        }
        // Don't use a blocking call, because it cannot be canceled: its thread would keep waiting
        // after the time limit, hold a descriptor, and acquire the lock later.
        thread::sleep(INTERVAL.min(left));
    }
}

impl LockSubject {
    /// Returns the text for the second line of the lock file, which names the subject.
    fn word(&self) -> String {
        match self {
            LockSubject::Writing | LockSubject::Registry => String::new(),
            LockSubject::Path(path) => path.to_string(),
            LockSubject::Id(id) => id.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;

    /// Returns how many of this process's descriptors refer to a file.
    #[cfg(target_os = "linux")]
    fn opened(file: &std::path::Path) -> usize {
        let file = crate::store::resolve_path(file).expect("it exists");
        let all = std::fs::read_dir("/proc/self/fd").expect("a list");
        let targets = all.filter_map(|one| std::fs::read_link(one.ok()?.path()).ok());
        targets.filter(|target| *target == file).count()
    }

    #[test]
    fn only_one_process_holds_the_lock() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let state = StateDir::of(dir.path(), Sharing::default());
        let take = |limit| WriterLock::take(&state, "test", limit);
        let first = take(Duration::ZERO).expect("free");
        let Err(LockError::Held { holder, .. }) = take(Duration::ZERO) else {
            unreachable!("held")
        };
        assert_eq!(holder.process(), Some(std::process::id()));
        assert_eq!(holder.command(), Some("test"));
        assert!(matches!(take(Duration::from_millis(1)), Err(LockError::Held { .. })));
        let second = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| take(Duration::from_secs(600)));
            drop(first);
            waiting.join().expect("no panic")
        });
        let second = second.expect("handed on");
        // A process that gets an answer no longer needs the lock.
        let limit = Duration::from_secs(600);
        let answered = WriterLock::take_or(&state, "test", limit, || Some("done")).expect("waits");
        assert_eq!(answered.break_value(), Some("done"));
        // A waiting process that gives up leaves nothing behind that would acquire the lock later.
        #[cfg(target_os = "linux")]
        assert_eq!(opened(state.file("writer.lock").path()), 1);
        drop(second);
        drop(take(Duration::ZERO).expect("free again"));
    }
}
