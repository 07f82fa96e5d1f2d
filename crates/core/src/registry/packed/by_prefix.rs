//! Finds the records whose identities begin with given digits, without reading the others.

use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use crate::registry::{Allocation, Id, Registry};

use super::cursor::{RegistryCursor, independent};
use super::record_line;

/// How many bytes to read at a time: enough for a few lines.
const PIECE: usize = 1 << 10;
/// The longest line to read, in bytes.
const LONGEST: u64 = 64 << 10;

/// The result of a search by leading digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByPrefix {
    /// All records whose identities begin with the digits.
    Records(Vec<Allocation>),
    /// If there are too many records, longer prefixes that together cover all of them.
    Prefixes(Vec<String>),
}

/// Finds the records whose identities begin with these digits in a registry that is `length` bytes
/// long. Returns at most `most` records, and `None` if the registry is not in canonical form.
pub fn records_by_prefix(
    text: impl Read + Seek,
    length: u64,
    digits: &str,
    most: usize,
) -> Option<ByPrefix> {
    if digits.len() > Id::DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut text =
        RecordLines { text: BufReader::with_capacity(PIECE, text), length, line: Vec::new() };
    let mut records = Vec::new();
    let mut has_line = text.seek(digits)?;
    while has_line && text.id().is_some_and(|id| id.starts_with(digits)) {
        if records.len() == most {
            return text.branches(digits).map(ByPrefix::Prefixes);
        }
        records.push(text.record()?);
        has_line = text.read()?;
    }
    Some(ByPrefix::Records(records))
}

/// Returns the record with an identity from a registry of this length that [`PartialRegistry::of`]
/// accepts. For any other file it may return `None`, but never the wrong record.
///
/// [`PartialRegistry::of`]: super::PartialRegistry::of
pub fn seek_record(text: impl Read + Seek, length: u64, id: Id) -> Option<Allocation> {
    match records_by_prefix(text, length, &id.to_string(), 1)? {
        ByPrefix::Records(mut found) => found.pop(),
        ByPrefix::Prefixes(_) => None,
    }
}

/// Reads the head of a registry in canonical form, without its records.
pub fn read_head(text: impl Read) -> Option<Registry> {
    RegistryCursor::begin(text).map(|cursor| cursor.layout.head)
}

/// A registry that is read line by line, and the last line read.
struct RecordLines<R> {
    text: BufReader<R>,
    length: u64,
    line: Vec<u8>,
}

impl<R: Read + Seek> RecordLines<R> {
    /// Reads the next line; returns whether there was one.
    fn read(&mut self) -> Option<bool> {
        self.line.clear();
        let read = self.text.by_ref().take(LONGEST).read_until(b'\n', &mut self.line).ok()?;
        // A line this long is not a record; stopping here limits the memory that a hostile file can
        // use.
        (read as u64 != LONGEST).then_some(read > 0)
    }

    /// Reads the first line that starts at or after `from`, and returns where it starts.
    fn read_at(&mut self, from: u64) -> Option<u64> {
        // Reading starts one byte earlier, so that a line starting exactly at `from` is not
        // skipped.
        self.text.seek(SeekFrom::Start(from - 1)).ok()?;
        self.read()?;
        let skipped = self.line.len() as u64;
        self.read()?;
        Some(from - 1 + skipped)
    }

    /// Reads the first line whose identity does not sort before these digits; returns whether there
    /// is one.
    fn seek(&mut self, digits: &str) -> Option<bool> {
        // This is a binary search over byte positions: lines are sorted by identity but differ in
        // length, so each probe reads the first line that starts at or after its position.
        let (mut from, mut to) = (1, self.length);
        while from < to {
            let middle = from + (to - from) / 2;
            let at = self.read_at(middle)?;
            match self.id().is_some_and(|id| id < digits) {
                true => from = at + 1,
                false => to = middle,
            }
        }
        self.read_at(from)?;
        Some(!self.line.is_empty())
    }

    /// Returns the identity on the last line read.
    fn id(&self) -> Option<&str> {
        record_line::id(&self.line)?;
        std::str::from_utf8(self.line.get(record_line::ID)?).ok()
    }

    fn record(&self) -> Option<Allocation> {
        let line = std::str::from_utf8(&self.line).ok()?;
        independent(line.trim_end_matches(['\n', ',']))
    }

    /// Returns the existing prefixes that are one digit longer. Where all identities continue with
    /// the same digits, the prefixes are longer still.
    fn branches(&mut self, digits: &str) -> Option<Vec<String>> {
        let mut start = digits.to_owned();
        loop {
            let mut found = Vec::new();
            for digit in '0'..='9' {
                let next = format!("{start}{digit}");
                self.seek(&next)?;
                if self.id().is_some_and(|id| id.starts_with(&next)) {
                    found.push(next);
                }
            }
            match found.as_slice() {
                [only] if only.len() < Id::DIGITS => start.clone_from(only),
                _ => return Some(found),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    const HEAD: &str =
        r#"{"schema_version":"1.0","scope":"260118","counters":{},"metadata":{},"allocations":["#;

    fn text(numbers: impl Iterator<Item = u32>) -> String {
        let record = |n: u32| {
            format!(
                r#"{{"id":"01100{n:05}260118","file_path":"f{n}","allocated_at":"2026-01-31T00:00:00Z","status":"active","metadata":{{"origin":"{n:016x}"}}}}"#
            )
        };
        format!("{HEAD}\n{}\n]}}\n", numbers.map(record).collect::<Vec<_>>().join(",\n"))
    }

    fn find(text: &str, digits: &str, most: usize) -> Option<Vec<String>> {
        let found = records_by_prefix(Cursor::new(text), text.len() as u64, digits, most)?;
        Some(match found {
            ByPrefix::Records(records) => {
                records.iter().map(|record| record.path.to_string()).collect()
            }
            ByPrefix::Prefixes(prefixes) => prefixes,
        })
    }

    #[test]
    fn few_are_returned_as_records() {
        for count in [1, 2, 9, 300] {
            let text = text(1..=count);
            for n in 1..=count {
                let found = find(&text, &format!("01100{n:05}"), 5).expect("canonical");
                assert_eq!(found, [format!("f{n}")], "{n} of {count}");
            }
            for absent in ["00", "02", "0110099999", "99", "0110000000"] {
                assert_eq!(find(&text, absent, 5), Some(Vec::new()), "{absent} of {count}");
            }
        }
        assert_eq!(find(&text(1..4), "", 5).expect("canonical"), ["f1", "f2", "f3"]);
        assert_eq!(find(&text(1..4), "0110000003260118", 5).expect("canonical"), ["f3"]);
    }

    #[test]
    fn many_are_returned_as_longer_prefixes() {
        let text = text((1..100).chain(500..700));
        let branches = ["01100000", "01100005", "01100006"].map(str::to_owned);
        assert_eq!(find(&text, "", 20), Some(branches.to_vec()));
        assert_eq!(find(&text, "0110", 20), Some(branches.to_vec()));
        assert_eq!(find(&text, "0110000050", 20).map(|found| found.len()), Some(1));
        assert_eq!(find(&text, "01100005", 20).map(|found| found.len()), Some(10));
        assert_eq!(find(&text, "011000050", 20).map(|found| found.len()), Some(10), "records");
    }

    #[test]
    fn another_form_or_other_digits_give_nothing() {
        let good = text(1..9);
        assert_eq!(find(&good, "x", 5), None);
        assert_eq!(find(&good, "01100000012601180", 5), None);
        for bad in ["", "{}", "{\n}\n", &good.replace(",\n", ", ")] {
            let found = find(bad, "0", 5).unwrap_or_default();
            assert_eq!(found, [""; 0], "{bad}");
        }
        let long = format!("{HEAD}\n{}\n", "x".repeat(200 << 10));
        assert_eq!(find(&long, "0", 5), None);
        assert_eq!(read_head(good.as_bytes()).map(|head| head.allocations.len()), Some(0));
        assert!(read_head(&b"{}"[..]).is_none());
    }
}
