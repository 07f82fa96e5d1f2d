//! [`RegistryCursor`]: reads a registry in canonical form, one record at a time.

use std::{io::Read, ops::Range};

use crate::registry::canonical_format::{CLOSING, format_record};
use crate::registry::{Allocation, Id, Registry, parse::parse_record};

use super::reader::Window;

/// The end of the line before the first record.
pub(super) const OPENING: &[u8] = b"\"allocations\":[\n";
/// The separator between two records.
pub(super) const SEPARATOR: &str = ",\n";

/// How many positions to make room for at first. Memory that is not used costs nothing, but growing
/// step by step touches much of it several times.
const ROOM: usize = 1 << 20;

/// The positions of a registry's records.
#[derive(Debug, Clone)]
pub(super) struct RegistryLayout {
    /// The registry's head, without its records.
    pub head: Registry,
    /// The records' positions, sorted by identity.
    pub spans: Vec<RecordSpan>,
    /// Where the last record ends.
    end: u64,
}

/// A record's position.
#[derive(Debug, Clone, Copy)]
pub(super) struct RecordSpan {
    pub id: Id,
    /// Where the record's line starts.
    at: u64,
}

impl RegistryLayout {
    /// Returns the number of the line with this identity's record, where the first record is line
    /// 0.
    pub(super) fn line_of(&self, id: Id) -> Option<usize> {
        self.spans.binary_search_by_key(&id, |span| span.id).ok()
    }

    /// Returns the byte range of these lines, without the separator after the last one.
    pub(super) fn text_of(&self, lines: Range<usize>) -> Range<u64> {
        let at = |n: usize| self.spans.get(n).map(|span| span.at);
        let last = at(lines.end).map_or(self.end - 1, |next| next - SEPARATOR.len() as u64);
        at(lines.start).unwrap_or(last)..last
    }
}

/// A registry that is being scanned.
#[derive(Debug)]
pub(super) struct RegistryCursor<R> {
    lines: Window<R>,
    pub layout: RegistryLayout,
    /// Whether all records have been read.
    pub is_over: bool,
}

/// A line that contains a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub line: LineSpan,
    /// The text, without the comma and line ending.
    pub text: &'a [u8],
}

/// A line's range.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineSpan {
    at: u64,
    /// The length, including the comma and line ending.
    length: usize,
    is_last: bool,
}

impl<R: Read> RegistryCursor<R> {
    /// Reads everything before the first record.
    pub(super) fn begin(text: R) -> Option<Self> {
        let mut lines = Window::of(text);
        let line = lines.line()?;
        let (head, length) = (head(line)?, line.len());
        lines.step(length);
        let layout = RegistryLayout { head, spans: Vec::with_capacity(ROOM), end: 0 };
        Some(RegistryCursor { lines, layout, is_over: false })
    }

    /// Returns the next record.
    pub(super) fn peek(&mut self) -> Option<Record<'_>> {
        let at = self.lines.at();
        let line = self.lines.line()?;
        let (length, line) = (line.len(), line.strip_suffix(b"\n")?);
        let (text, is_last) = match line.strip_suffix(b",") {
            Some(text) => (text, false),
            None => (line, true),
        };
        Some(Record { line: LineSpan { at, length, is_last }, text })
    }

    /// Skips the next record, which must have this identity.
    pub(super) fn step(&mut self, id: Id, line: LineSpan) -> Option<()> {
        let spans = &mut self.layout.spans;
        // A registry whose identities are out of order or not unique is not canonical: a binary
        // search could not find its records.
        if spans.last().is_some_and(|last| last.id >= id) {
            return None;
        }
        spans.push(RecordSpan { id, at: line.at });
        self.lines.step(line.length);
        self.is_over = line.is_last;
        Some(())
    }

    /// Returns the positions of the records, if nothing but the end of the registry follows.
    pub(super) fn finish(mut self) -> Option<RegistryLayout> {
        self.layout.end = self.lines.at();
        let is_closed = self.lines.line()? == CLOSING.as_bytes();
        self.lines.step(CLOSING.len());
        (is_closed && self.lines.is_over()).then_some(self.layout)
    }
}

/// A record that has been read.
#[derive(Debug, Clone)]
pub(super) struct KeptRecord {
    /// The line, without the comma and line ending.
    pub text: String,
    pub record: Allocation,
}

impl KeptRecord {
    /// Reads a record from its line, whether plain or not.
    pub(super) fn read(text: &[u8], is_plain: bool) -> Option<KeptRecord> {
        let text = std::str::from_utf8(text).ok()?;
        // A plain line is known to be canonical; any other line must equal its record as formatted
        // by us.
        let read = if is_plain { parse_record(text)? } else { independent(text)? };
        Some(KeptRecord { text: text.to_owned(), record: read })
    }
}

/// Returns the registry's head without its records, if that part of the text is in canonical form.
fn head(line: &[u8]) -> Option<Registry> {
    if !line.ends_with(OPENING) {
        return None;
    }
    let whole = [line, CLOSING.as_bytes()].concat();
    let head = Registry::parse(&whole).ok()?;
    // Formatting the head again is the simplest way to prove that it is canonical.
    (head.allocations.is_empty() && head.format().as_bytes() == whole).then_some(head)
}

/// Parses a canonical record that does not depend on other records.
pub(super) fn independent(text: &str) -> Option<Allocation> {
    let record = parse_record(text).filter(is_independent)?;
    // The line is copied verbatim, which is correct only if formatting yields the same bytes.
    (format_record(&record, None) == text).then_some(record)
}

/// Returns whether a record can be parsed independently of the others.
pub(super) fn is_independent(record: &Allocation) -> bool {
    !record.shadowed && !record.origin_is_derived
}
