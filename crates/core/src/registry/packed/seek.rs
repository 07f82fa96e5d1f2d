//! Finds one record in a canonical text, without reading the others.

use std::cmp::Ordering;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};

use super::super::{Allocation, Id};
use super::{independent, line};

/// The number of bytes that are read at one position: a few lines.
const PIECE: usize = 1 << 10;

/// Returns the record with an identity in a registry of this length that [`super::Excerpt::of`]
/// accepts. For any other text it may return `None`, but never another record.
pub fn seek_record(text: impl Read + Seek, length: u64, id: Id) -> Option<Allocation> {
    let mut text = BufReader::with_capacity(PIECE, text);
    let mut found = Vec::new();
    // The range in which the line may begin.
    let (mut from, mut to) = (1, length);
    while from < to {
        let middle = from + (to - from) / 2;
        let at = next_line(&mut text, middle, &mut found)?;
        match line::id(&found).map_or(Ordering::Greater, |found| found.cmp(&id)) {
            Ordering::Less => from = at + 1,
            Ordering::Greater => to = middle,
            Ordering::Equal => {
                let line = std::str::from_utf8(&found).ok()?.trim_end_matches(['\n', ',']);
                return independent(line).filter(|record| record.id == id);
            }
        }
    }
    None
}

/// Reads the first line that begins at `from` or later, which may be empty at the end; returns its
/// position.
fn next_line(text: &mut BufReader<impl Read + Seek>, from: u64, line: &mut Vec<u8>) -> Option<u64> {
    text.seek(SeekFrom::Start(from - 1)).ok()?;
    line.clear();
    let skipped = text.read_until(b'\n', line).ok()?;
    line.clear();
    text.read_until(b'\n', line).ok()?;
    Some(from - 1 + skipped as u64)
}
