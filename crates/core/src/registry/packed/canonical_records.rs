//! [`CanonicalRecords`]: reads all records in a canonical registry, one at a time.

use std::{hash::BuildHasher, io::Read};

use foldhash::fast::RandomState;

use crate::registry::{RecordCounts, Registry, Status};

use super::cursor::{KeptRecord, RegistryCursor};
use super::record_line::{self, LineReader, LineStart};

/// The records in a canonical registry.
#[derive(Debug)]
pub struct CanonicalRecords<R> {
    scan: RegistryCursor<R>,
}

impl<R: Read> CanonicalRecords<R> {
    /// Reads the text up to the first record; `None` if it is not in canonical form.
    pub fn begin(text: R) -> Option<Self> {
        Some(CanonicalRecords { scan: RegistryCursor::begin(text)? })
    }

    /// Returns the registry's head, without its records.
    pub fn head(&self) -> &Registry {
        &self.scan.layout.head
    }

    /// Counts the records, parsing few of them, and returns the counts with the registry's head.
    /// Returns `None` if the text cannot be read or is not in canonical form, or if two active
    /// records may have the same path and so depend on each other.
    pub fn counted(mut self) -> Option<(Registry, RecordCounts)> {
        let (hasher, mut paths) = (RandomState::default(), Vec::new());
        let mut counts = RecordCounts::default();
        while !self.scan.is_over {
            let record = self.scan.peek()?;
            let (id, span) = (record_line::id(record.text)?, record.line);
            let LineStart { path, status } = record_line::start(record.text)?;
            if status == Status::Active {
                paths.push(hasher.hash_one(path));
            }
            // Quotes inside a string are escaped, so these names can only be keys.
            let has = |name: &[u8]| memchr::memmem::find(record.text, name).is_some();
            if has(br#""claim":"#) || has(br#""aliases":"#) || has(br#""shadowed":"#) {
                counts.add_record(&KeptRecord::read(record.text, false)?.record);
            } else {
                counts.add([id; 2], status);
            }
            self.scan.step(id, span)?;
        }
        // Hashes are compared instead of the paths themselves. If two paths happen to have the same
        // 64-bit hash, the registry merely falls back to the slower path.
        paths.sort_unstable();
        let is_apart = paths.windows(2).all(|pair| pair[0] != pair[1]);
        let head = self.scan.finish()?.head;
        is_apart.then_some((head, counts))
    }

    /// Reads all records. Returns `None` in the same cases as [`Self::counted`], and if a record is
    /// invalid.
    pub fn check(mut self) -> Option<()> {
        let (hasher, mut paths) = (RandomState::default(), Vec::new());
        let mut reader = LineReader::default();
        while !self.scan.is_over {
            let record = self.scan.peek()?;
            let (id, span) = (record_line::id(record.text)?, record.line);
            let mut note = |status, path: &[u8]| {
                paths.extend((status == Status::Active).then(|| hasher.hash_one(path)));
            };
            match reader.read(id, record.text) {
                Some(line) => note(line.status, line.path),
                None => {
                    let record = KeptRecord::read(record.text, false)?.record;
                    note(record.status, record.path.as_bytes());
                }
            }
            self.scan.step(id, span)?;
        }
        self.scan.finish()?;
        paths.sort_unstable();
        paths.windows(2).all(|pair| pair[0] != pair[1]).then_some(())
    }
}
