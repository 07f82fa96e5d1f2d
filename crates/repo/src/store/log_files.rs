//! A clone's logs in the common git directory: the audit log, `idhooks/audit.jsonl`, and the
//! allocation log, `idhooks/given`.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::{path::Path, time::Duration};

use idhooks_core::plan::AllocationLog;

use super::{
    StateDir, StateFile, StoreError,
    failpoint::pause,
    writer_lock::{LockMode, lock_file},
};
use crate::events::EventKind;
use crate::store::audit_log::{AuditEntry, AuditEvent, BEGINNING, lines};

/// How many bytes to read from the end of the file at first, to find the last event.
const WINDOW: u64 = 64 << 10;

/// A clone's audit log file. It is append-only and shared by all working trees.
#[derive(Debug, Clone)]
pub struct AuditFile(StateFile);

/// The audit log, locked for writing.
#[derive(Debug)]
pub struct AuditWriter<'f> {
    path: &'f Path,
    file: File,
}

/// The end of an audit log.
struct LogEnd {
    /// The hash of the last complete event.
    prev: String,
    /// Whether the file ends in the middle of a line.
    is_torn: bool,
    /// The last lines.
    text: String,
}

impl AuditFile {
    /// Returns the audit log in this state directory.
    pub fn in_dir(state: &StateDir) -> Self {
        AuditFile(state.file("audit.jsonl"))
    }

    /// Returns its path.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Reads the whole log as text; returns `None` if it does not exist.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn read(&self) -> Result<Option<String>, StoreError> {
        Ok(self.0.read()?.map(|bytes| audit_text(&bytes)))
    }

    /// Returns the last event of a kind.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn last(&self, kind: EventKind) -> Result<Option<AuditEntry>, StoreError> {
        let text = self.read()?.unwrap_or_default();
        let mut entries = text.lines().rev().filter_map(AuditEntry::parse);
        Ok(entries.find(|entry| entry.event() == kind.as_str()))
    }

    /// Opens the log for appending, waiting until every earlier writer has finished.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn writer(&self) -> Result<AuditWriter<'_>, StoreError> {
        let failed = |cause| StoreError::new("append to", self.path(), cause);
        let mut options = OpenOptions::new();
        let file = self.0.open("append to", options.create(true).read(true).append(true))?;
        // On file systems without locks, the writer lock still separates the commands in a single
        // working tree.
        lock_file(&file, LockMode::Exclusive, Duration::MAX).map_err(failed)?;
        Ok(AuditWriter { path: self.path(), file })
    }
}

/// Returns an audit log as a string. Invalid UTF-8 is replaced, because it cannot be part of an
/// event anyway.
pub fn audit_text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl AuditWriter<'_> {
    /// Appends the events in a single write: either all of them or none.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn append(self, events: &[AuditEvent]) -> Result<(), StoreError> {
        self.append_those(|_| events.to_vec())
    }

    /// Appends the events in a single write, except for events that are already among the last ones
    /// in the log.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or written.
    pub fn append_missing(self, mut events: Vec<AuditEvent>) -> Result<(), StoreError> {
        self.append_those(|last| {
            events.retain(|event| !last.contains(&event.event_id));
            events
        })
    }

    /// Appends the events that `choose` returns, given the last lines of the log.
    fn append_those(
        mut self,
        choose: impl FnOnce(&str) -> Vec<AuditEvent>,
    ) -> Result<(), StoreError> {
        let path = self.path;
        let failed = |cause| StoreError::new("append to", path, cause);
        let LogEnd { prev, is_torn, text } = self.end().map_err(failed)?;
        let events = choose(&text);
        if events.is_empty() {
            return Ok(());
        }
        // If a crash cut off the last line, start a new line. Otherwise, both lines would be
        // unreadable.
        let end = if is_torn { "\n" } else { "" };
        let text = format!("{end}{}", lines(&events, &prev));
        pause("an audit is opened");
        let length = self.file.metadata().map_err(failed)?.len();
        if let Err(error) = self.file.write_all(text.as_bytes()) {
            // If the disk is full, part of the text may have been written. Even if that part cannot
            // be removed, the next event starts on a new line.
            let _ = self.file.set_len(length);
            return Err(failed(error));
        }
        pause("an audit is written");
        Ok(())
    }

    fn end(&mut self) -> io::Result<LogEnd> {
        let length = self.file.seek(SeekFrom::End(0))?;
        let mut window = WINDOW;
        loop {
            let start = length.saturating_sub(window);
            self.file.seek(SeekFrom::Start(start))?;
            let mut bytes = Vec::new();
            self.file.read_to_end(&mut bytes)?;
            let text = audit_text(&bytes);
            let is_torn = !text.is_empty() && !text.ends_with('\n');
            // A line that begins before the window cannot be parsed as an event, so enlarge the
            // window until it contains a complete line.
            let last = text.lines().filter_map(AuditEntry::parse).next_back();
            match last {
                Some(entry) => return Ok(LogEnd { prev: entry.hash, is_torn, text }),
                None if start == 0 => {
                    return Ok(LogEnd { prev: BEGINNING.to_owned(), is_torn, text });
                }
                None => window = window.saturating_mul(4),
            }
        }
    }
}

/// The allocation log's file, which is shared by all working trees in the clone.
#[derive(Debug, Clone)]
pub struct AllocationLogFile(StateFile);

impl AllocationLogFile {
    /// Returns the log in this state directory.
    pub fn in_dir(state: &StateDir) -> Self {
        AllocationLogFile(state.file("given"))
    }

    /// Reads the log. A missing file is treated as an empty log.
    ///
    /// # Errors
    /// Returns an error if the file exists but cannot be read.
    pub fn read(&self) -> Result<AllocationLog, StoreError> {
        let Some(file) = self.0.open_to_read()? else { return Ok(AllocationLog::default()) };
        let length = file.metadata().map_or(0, |meta| meta.len());
        let read = AllocationLog::open(file, length);
        read.map_err(|cause| StoreError::new("read", self.0.path(), cause))
    }

    /// Returns whether the log does not exist yet.
    pub fn is_missing(&self) -> bool {
        std::fs::symlink_metadata(self.0.path())
            .is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
    }

    /// Appends lines in a single write, so that other processes see either all of them or none.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn append(&self, lines: &str) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        self.0.append(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;
    use crate::store::audit_log::{LineFault, verify};
    use idhooks_core::registry::{Json, Timestamp};

    fn event(text: &str) -> AuditEvent {
        AuditEvent {
            event_id: "e".to_owned(),
            run_id: "r".to_owned(),
            at: Timestamp::EPOCH,
            kind: EventKind::Renamed,
            data: [("x".to_owned(), Json::string(text))].into(),
        }
    }

    #[test]
    fn the_chain_continues_after_a_torn_line() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let audit = AuditFile::in_dir(&StateDir::of(dir.path(), Sharing::default()));
        let append = |text: &str| {
            audit.writer().expect("writable").append(&[event(text), event("b")]).expect("room");
        };
        let faults = || {
            let text = audit.read().expect("readable").expect("there");
            let verdict = verify(text.lines(), None);
            (verdict.events, verdict.faults)
        };
        assert_eq!(audit.read().expect("readable"), None);
        append("a");
        // This event is larger than the window.
        append(&"long".repeat(100_000));
        append("c");
        assert_eq!(faults(), (6, vec![]));
        // Simulate a crash in the middle of a line.
        let mut torn = std::fs::read(audit.path()).expect("there");
        torn.extend(b"{\"event_id\":\"\xc3");
        std::fs::write(audit.path(), torn).expect("writable");
        assert_eq!(faults(), (6, vec![(7, LineFault::Torn)]));
        append("d");
        assert_eq!(faults(), (8, vec![(7, LineFault::Torn)]));
        // Simulate a crash just before the end of a line.
        let text = audit.read().expect("readable").expect("there");
        std::fs::write(audit.path(), text.trim_end()).expect("writable");
        append("e");
        assert_eq!(faults(), (10, vec![(7, LineFault::Torn)]));
    }

    #[test]
    fn concurrent_writers_build_one_chain() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let audit = AuditFile::in_dir(&StateDir::of(dir.path(), Sharing::default()));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for n in 0..20 {
                        let writer = audit.writer().expect("writable");
                        writer.append(&[event(&n.to_string())]).expect("room");
                    }
                });
            }
        });
        let text = audit.read().expect("readable").expect("there");
        let verdict = verify(text.lines(), None);
        assert_eq!((verdict.events, verdict.faults), (160, vec![]));
    }
}
