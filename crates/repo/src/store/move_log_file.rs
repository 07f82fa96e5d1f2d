//! The log of renames that other programs have made in a working tree and reported,
//! `idhooks/moved`.

use std::io::{self, Read};
use std::time::Duration;

use idhooks_core::plan::{MoveLog, ReportedMove};
use idhooks_core::registry::{RepoPath, Timestamp};

use super::{LockError, StateDir, StateFile, StoreError, WriterLock};

/// The maximum size of the log in bytes: about a hundred thousand moves.
const LONGEST: u64 = 16 << 20;

/// The log of a working tree. It exists only while there are reports.
#[derive(Debug, Clone)]
pub struct MoveLogFile {
    log: StateFile,
    lock: StateFile,
}

impl MoveLogFile {
    /// Returns the log of the working tree with this state directory.
    pub fn in_dir(state: &StateDir) -> Self {
        MoveLogFile { log: state.file("moved"), lock: state.file("moved.lock") }
    }

    /// Reads the reports that have not expired; returns `None` if there is no log.
    ///
    /// # Errors
    /// Returns an error if the log exists but cannot be read.
    pub fn read(&self, now: Timestamp) -> Result<Option<MoveLog>, StoreError> {
        Ok(self.bytes()?.map(|bytes| MoveLog::parse(&bytes, now)))
    }

    fn bytes(&self) -> Result<Option<Vec<u8>>, StoreError> {
        // Nearly always there is no log, which one system call shows.
        let meta = self.log.path().symlink_metadata();
        if meta.is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return Ok(None);
        }
        let Some(file) = self.log.open_to_read()? else { return Ok(None) };
        let mut bytes = Vec::new();
        let read = file.take(LONGEST).read_to_end(&mut bytes);
        read.map_err(|cause| StoreError::new("read", self.log.path(), cause))?;
        Ok(Some(bytes))
    }

    /// Appends reports in a single write, waiting for other writers no longer than `limit`.
    ///
    /// # Errors
    /// Returns an error if another process holds the log for longer, or if the log cannot be
    /// written or has no room.
    pub fn append(
        &self,
        reports: &[ReportedMove],
        now: Timestamp,
        limit: Duration,
    ) -> Result<(), LockError> {
        let _lock = WriterLock::take_at(&self.lock, "mv --after", limit)?;
        let mut before = self.bytes().map_err(LockError::Store)?.unwrap_or_default();
        let lines: String = reports.iter().map(ReportedMove::line).collect();
        let is_too_long = |before: &[u8]| before.len() as u64 + lines.len() as u64 > LONGEST - 1;
        if is_too_long(&before) {
            before = MoveLog::parse(&before, now).format().into_bytes();
            if is_too_long(&before) {
                let cause = io::Error::other("too many moves wait for a commit");
                return Err(LockError::Store(StoreError::new("append to", self.log.path(), cause)));
            }
            self.log.replace(&before).map_err(LockError::Store)?;
        }
        // If a crash cut off the last line, start a new line.
        let end = if before.last().is_none_or(|byte| *byte == b'\n') { "" } else { "\n" };
        self.log.append(format!("{end}{lines}")).map_err(LockError::Store)
    }

    /// Removes the reports that have expired or that HEAD has left behind, and the log itself if
    /// nothing is left. `is_in_head` returns whether HEAD has a path.
    ///
    /// # Errors
    /// Returns an error if another process holds the log, or if it cannot be written.
    pub fn remove_ended(
        &self,
        now: Timestamp,
        is_in_head: impl Fn(&RepoPath) -> bool,
    ) -> Result<(), LockError> {
        let rest = |bytes: &[u8]| {
            let mut log = MoveLog::parse(bytes, now);
            log.remove_ended(&is_in_head);
            log.format().into_bytes()
        };
        let is_outdated = |bytes: &Vec<u8>| rest(bytes).len() != bytes.len();
        if !self.bytes().map_err(LockError::Store)?.is_some_and(|bytes| is_outdated(&bytes)) {
            return Ok(());
        }
        let _lock = WriterLock::take_at(&self.lock, "hook pre-commit", Duration::ZERO)?;
        // Another process may have appended to the log before this one had the lock.
        let Some(bytes) = self.bytes().map_err(LockError::Store)? else { return Ok(()) };
        let written = match rest(&bytes) {
            rest if rest.is_empty() => self.log.remove(),
            rest => self.log.replace(&rest),
        };
        written.map_err(LockError::Store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;

    fn report(from: &str, to: &str) -> ReportedMove {
        let path = |text: &str| RepoPath::new(text.as_bytes()).expect("a path");
        let id = "0110000001260118".parse().expect("an identity");
        ReportedMove { at: Timestamp::EPOCH, from: path(from), to: path(to), id }
    }

    fn append(log: &MoveLogFile, from: &str, to: &str) {
        let done = log.append(&[report(from, to)], Timestamp::EPOCH, Duration::from_secs(60));
        done.expect("writable");
    }

    #[test]
    fn reports_are_appended_after_a_torn_line_and_removed_when_they_end() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let log = MoveLogFile::in_dir(&StateDir::of(dir.path(), Sharing::default()));
        let number = || {
            let read = log.read(Timestamp::EPOCH).expect("readable");
            read.map(|moves| moves.len())
        };
        assert_eq!(number(), None);
        log.remove_ended(Timestamp::EPOCH, |_| true).expect("nothing to do");
        assert!(!dir.path().join("idhooks").exists());
        append(&log, "a", "b");
        let line = std::fs::read(log.log.path()).expect("there");
        std::fs::write(log.log.path(), &line[..line.len() - 2]).expect("writable");
        append(&log, "b", "c");
        assert_eq!(number(), Some(1));
        log.remove_ended(Timestamp::EPOCH, |_| true).expect("writable");
        let text = std::fs::read_to_string(log.log.path()).expect("there");
        assert_eq!(text, report("b", "c").line());
        log.remove_ended(Timestamp::EPOCH, |path| path.as_bytes() != b"b").expect("writable");
        assert_eq!(number(), None);
    }

    #[test]
    fn writers_wait_for_each_other() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let log = MoveLogFile::in_dir(&StateDir::of(dir.path(), Sharing::default()));
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let log = &log;
                scope.spawn(move || {
                    for n in 0..20 {
                        append(log, &format!("{writer}/{n}"), &format!("{writer}/{}", n + 1));
                        // A hook that finds the log locked leaves it to the next one.
                        let _ = log.remove_ended(Timestamp::EPOCH, |_| true);
                    }
                });
            }
        });
        assert_eq!(log.read(Timestamp::EPOCH).expect("readable").map(|log| log.len()), Some(80));
    }

    #[test]
    fn a_log_without_room_is_compacted_or_refuses() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let log = MoveLogFile::in_dir(&StateDir::of(dir.path(), Sharing::default()));
        append(&log, "a", "b");
        let foreign = vec![b'\n'; LONGEST as usize];
        log.log.append(foreign).expect("writable");
        append(&log, "b", "c");
        let text = std::fs::read_to_string(log.log.path()).expect("there");
        assert_eq!(text, report("a", "b").line() + &report("b", "c").line());
        let long = "x".repeat(LONGEST as usize / 2);
        let done = log.append(&[report(&long, &long)], Timestamp::EPOCH, Duration::from_secs(60));
        assert!(done.is_err_and(|error| error.to_string().contains("moved")));
    }
}
