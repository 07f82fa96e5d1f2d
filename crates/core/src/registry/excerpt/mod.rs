//! [`Excerpt`]: some records of a registry in canonical form, and the positions of all others.
//!
//! In canonical form, one record is one line, and the lines are sorted by identity. So the records
//! of a change can be read, changed and written back without parsing the rest: its form is
//! recognized, and its bytes are copied. A text of another form, or with records that depend on
//! other records, is refused; use [`Registry::parse`] for those.
//!
//! The whole text is never in memory: it is scanned once, and its bytes are copied from the source.

mod by_prefix;
mod line;
mod lines;
mod lockstep;
mod seek;
mod splice;

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use super::parse::parse_record;
use super::{Allocation, CounterKey, Id, Registry, format_record};

use line::LineReader;
use lines::TextLines;

pub use by_prefix::{ByPrefix, read_head, records_by_prefix};
pub use line::RecordLine;
pub use lockstep::Lockstep;
pub use seek::seek_record;

/// The end of the line before the first record.
const OPENING: &[u8] = b"\"allocations\":[\n";
/// The separator between two records.
const SEPARATOR: &str = ",\n";
/// The text after the line of the last record.
const CLOSING: &str = "]}\n";

/// Some records of a registry, and the positions of all.
#[derive(Debug, Clone)]
pub struct Excerpt {
    /// The registry without the records.
    head: Registry,
    /// The positions of the records, in order of their identities.
    places: Vec<RecordSpan>,
    /// The end of the last record.
    end: u64,
    /// The records that were read, in order of their identities.
    kept: Vec<KeptRecord>,
}

/// The position of a record.
#[derive(Debug, Clone, Copy)]
struct RecordSpan {
    id: Id,
    /// The beginning of its line.
    at: u64,
}

/// A record that was read.
#[derive(Debug, Clone)]
struct KeptRecord {
    id: Id,
    /// The line, without comma and line end.
    text: String,
    record: Allocation,
}

impl Excerpt {
    /// Reads the records that are `wanted`, and all that do not have the plainest form, such as
    /// every record with a claim or aliases.
    ///
    /// Returns `None` if the text cannot be read or is not a registry in canonical form, has no
    /// record, or has one that is written as shadowed. It does not detect two active records with
    /// one path that are not written as shadowed, as a merge without the driver may leave them.
    pub fn of(text: impl Read, mut wanted: impl FnMut(&RecordLine<'_>) -> bool) -> Option<Self> {
        let (mut scan, mut reader) = (RegistryCursor::begin(text)?, LineReader::default());
        while !scan.is_over {
            let record = scan.peek()?;
            let (id, mark) = (line::id(record.text)?, record.mark);
            match reader.read(id, record.text) {
                Some(line) if !wanted(&line) => {}
                line => {
                    let kept = KeptRecord::read(&record, line.is_some())?;
                    scan.excerpt.kept.push(kept);
                }
            }
            scan.step(id, mark)?;
        }
        scan.finish()
    }

    /// Returns the registry without the records.
    pub fn head(&self) -> Registry {
        self.head.clone()
    }

    /// Returns the registry with only the records that were read.
    pub fn registry(&self) -> Registry {
        let allocations = self.kept.iter().map(|kept| kept.record.clone()).collect();
        Registry { allocations, ..self.head.clone() }
    }

    /// Returns whether some record, read or not, has this identity.
    pub fn has(&self, id: Id) -> bool {
        self.line_of(id).is_some()
    }

    /// Reads the record with this identity from the same text, if it was skipped. Also returns
    /// `None` if the record cannot be read.
    fn take_up(&mut self, source: &mut (impl Read + Seek), id: Id) -> Option<Allocation> {
        let n = self.line_of(id)?;
        let place = self.kept.binary_search_by_key(&id, |kept| kept.id).err()?;
        let lines = self.text_of(n..n + 1);
        let mut text = vec![0; usize::try_from(lines.end - lines.start).ok()?];
        source.seek(SeekFrom::Start(lines.start)).ok()?;
        source.read_exact(&mut text).ok()?;
        let text = String::from_utf8(text).ok()?;
        let record = parse_record(&text).filter(|record| record.id == id)?;
        self.kept.insert(place, KeptRecord { id, text, record: record.clone() });
        Some(record)
    }

    /// Returns the line of the record with this identity, counted from the first record.
    fn line_of(&self, id: Id) -> Option<usize> {
        self.places.binary_search_by_key(&id, |place| place.id).ok()
    }

    /// Returns the range of some lines, without the separator after them.
    fn text_of(&self, lines: Range<usize>) -> Range<u64> {
        let at = |n: usize| self.places.get(n).map(|place| place.at);
        let last = at(lines.end).map_or(self.end - 1, |next| next - SEPARATOR.len() as u64);
        at(lines.start).unwrap_or(last)..last
    }

    /// Returns the highest sequence of a counter that a record, read or not, has and claims; 0 if
    /// there is none.
    pub fn highest(&self, counter: CounterKey) -> u32 {
        let wanted = (counter.type_code, counter.namespace);
        let group = |place: &RecordSpan| (place.id.type_code(), place.id.namespace());
        let end = self.places.partition_point(|place| group(place) <= wanted);
        let below = self.places[..end].iter().rev().take_while(|place| group(place) == wanted);
        let mut own = below.filter(|place| place.id.scope() == counter.scope);
        let highest = own.find(|place| !self.is_displaced(place.id));
        highest.map_or(0, |place| place.id.sequence().get())
    }

    /// Returns whether the record with this identity has another claim.
    fn is_displaced(&self, id: Id) -> bool {
        self.kept(id).is_some_and(|kept| kept.record.claim != id)
    }

    /// Returns the record with this identity, if it was read.
    fn kept(&self, id: Id) -> Option<&KeptRecord> {
        let found = self.kept.binary_search_by_key(&id, |kept| kept.id);
        found.ok().map(|n| &self.kept[n])
    }
}

/// A registry that is being scanned.
#[derive(Debug)]
struct RegistryCursor<R> {
    lines: TextLines<R>,
    excerpt: Excerpt,
    is_over: bool,
}

/// A line with a record.
#[derive(Debug, Clone, Copy)]
struct Record<'a> {
    mark: LineSpan,
    /// The text, without comma and line end.
    text: &'a [u8],
}

/// The range of a line.
#[derive(Debug, Clone, Copy)]
struct LineSpan {
    at: u64,
    /// The length, with comma and line end.
    length: usize,
    is_last: bool,
}

impl<R: Read> RegistryCursor<R> {
    /// Reads the registry up to the records.
    fn begin(text: R) -> Option<Self> {
        let mut lines = TextLines::of(text);
        let line = lines.peek()?;
        let (head, length) = (head(line)?, line.len());
        lines.step(length);
        let excerpt = Excerpt { head, places: Vec::new(), end: 0, kept: Vec::new() };
        Some(RegistryCursor { lines, excerpt, is_over: false })
    }

    /// Returns the next record.
    fn peek(&mut self) -> Option<Record<'_>> {
        let at = self.lines.at();
        let line = self.lines.peek()?;
        let (length, line) = (line.len(), line.strip_suffix(b"\n")?);
        let (text, is_last) = match line.strip_suffix(b",") {
            Some(text) => (text, false),
            None => (line, true),
        };
        Some(Record { mark: LineSpan { at, length, is_last }, text })
    }

    /// Skips the next record, which has this identity.
    fn step(&mut self, id: Id, mark: LineSpan) -> Option<()> {
        let places = &mut self.excerpt.places;
        if places.last().is_some_and(|last| last.id >= id) {
            return None;
        }
        places.push(RecordSpan { id, at: mark.at });
        self.lines.step(mark.length);
        self.is_over = mark.is_last;
        Some(())
    }

    /// Returns the excerpt, if only the end of the registry follows.
    fn finish(mut self) -> Option<Excerpt> {
        self.excerpt.end = self.lines.at();
        let is_closed = self.lines.peek()? == CLOSING.as_bytes();
        self.lines.step(CLOSING.len());
        (is_closed && self.lines.is_over()).then_some(self.excerpt)
    }
}

impl KeptRecord {
    /// Reads a record from its line, plain or not.
    fn read(record: &Record<'_>, is_plain: bool) -> Option<KeptRecord> {
        let text = std::str::from_utf8(record.text).ok()?;
        let read = if is_plain { parse_record(text)? } else { independent(text)? };
        Some(KeptRecord { id: read.id, text: text.to_owned(), record: read })
    }
}

/// Returns the registry without its records, if the text before them is in canonical form.
fn head(line: &[u8]) -> Option<Registry> {
    if !line.ends_with(OPENING) {
        return None;
    }
    let whole = [line, CLOSING.as_bytes()].concat();
    let head = Registry::parse(&whole).ok()?;
    (head.allocations.is_empty() && head.format().as_bytes() == whole).then_some(head)
}

/// Parses a record in canonical form that does not depend on others.
fn independent(line: &str) -> Option<Allocation> {
    let record = parse_record(line)?;
    let alone = !record.shadowed && !record.origin_is_derived;
    (alone && format_record(&record, None) == line).then_some(record)
}

#[cfg(test)]
mod tests;
