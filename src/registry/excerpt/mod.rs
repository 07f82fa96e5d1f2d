//! Some records of a registry in canonical form, and the text of all others.
//!
//! In canonical form one record is one line, and the lines are sorted by identity. So what
//! concerns a change can be picked out, changed and put back without reading the rest: its form
//! is recognised, its bytes are copied. A text of another form, or with records whose reading
//! depends on other records, is refused: [`Registry::parse`] is for those.

mod line;
mod lockstep;
mod splice;

use std::ops::Range;

use super::parse::parse_record;
use super::{Allocation, CounterKey, Id, Registry, format_record};

pub use line::Line;
pub use lockstep::Lockstep;
pub use splice::Pieces;

/// How the line before the first record ends.
const OPENING: &str = "\"allocations\":[\n";
/// What follows the last record's line.
const CLOSING: &str = "]}\n";
/// Where the identity stands in a line.
const ID: Range<usize> = 7..23;

/// Some records of a registry, and its text.
#[derive(Debug, Clone)]
pub struct Excerpt<'a> {
    text: &'a str,
    /// All but the records.
    head: Registry,
    /// The lines of the records, to the end of the last one.
    body: Range<usize>,
    kept: Vec<Kept>,
}

/// A record that was read.
#[derive(Debug, Clone)]
struct Kept {
    /// Its line, without comma and line end.
    line: Range<usize>,
    record: Allocation,
}

impl<'a> Excerpt<'a> {
    /// Reads the records that are `wanted`, and all whose form is not the plainest one, among
    /// them every record with a claim or aliases.
    ///
    /// Returns nothing where the bytes are not a registry in canonical form, have no record, or
    /// have one that is written as shadowed. That two active records hold one path without being
    /// written so, as a merge without the driver may leave them, is not noticed.
    pub fn of(bytes: &'a [u8], mut wanted: impl FnMut(&Line<'a>) -> bool) -> Option<Self> {
        let (mut excerpt, mut before) = (Excerpt::begin(bytes)?, "");
        let mut at = excerpt.body.start;
        while let Some(id) = excerpt.id_at(at) {
            if id <= before {
                return None;
            }
            before = id;
            at = match line::read(excerpt.rest(at)) {
                Some(line) if !wanted(&line) => excerpt.after(at, line.length)?,
                line => excerpt.keep(at, line.as_ref())?,
            };
        }
        (at == excerpt.body.end).then_some(excerpt)
    }

    /// Reads everything but the records.
    fn begin(bytes: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (start, head) = head(text)?;
        let body = start..text.len().checked_sub(CLOSING.len())?;
        let is_whole = !body.is_empty() && text.ends_with(CLOSING);
        is_whole.then_some(Excerpt { text, head, body, kept: Vec::new() })
    }

    /// Returns the records from the line at `at` on.
    fn rest(&self, at: usize) -> &'a str {
        &self.text[at..self.body.end]
    }

    /// Reads the record at `at`, where a `line` was recognised or not; returns where the next
    /// one begins.
    fn keep(&mut self, at: usize, line: Option<&Line<'a>>) -> Option<usize> {
        let rest = self.rest(at);
        let (length, record) = match line {
            Some(line) => (line.length, parse_record(&rest[..line.length])?),
            None => {
                let length = rest.find('\n')?;
                let length = length - usize::from(rest[..length].ends_with(','));
                (length, independent(&rest[..length])?)
            }
        };
        self.kept.push(Kept { line: at..at + length, record });
        self.after(at, length)
    }

    /// Returns where the line after the one at `at` of that length begins.
    fn after(&self, at: usize, length: usize) -> Option<usize> {
        Some(at + length + separator(&self.rest(at)[length..])?)
    }

    /// Returns a registry with nothing but the records that were read.
    pub fn registry(&self) -> Registry {
        let allocations = self.kept.iter().map(|kept| kept.record.clone()).collect();
        Registry { allocations, ..self.head.clone() }
    }

    /// Returns whether some record, read or not, has this identity.
    pub fn has(&self, id: Id) -> bool {
        let id = id.to_string();
        self.id_at(self.seek(&id)) == Some(id.as_str())
    }

    /// Returns the highest sequence of a counter that a record, read or not, has and claims; 0
    /// where there is none.
    pub fn highest(&self, counter: CounterKey) -> u32 {
        let prefix = format!("{}{}", counter.type_code, counter.namespace);
        let scope = counter.scope.to_string();
        // No identity is as large as this: the six digits of a scope are followed by more.
        let mut end = self.seek(&format!("{prefix}99999999999~"));
        while end > self.body.start {
            let start = self.line_before(end);
            let Some(id) = self.id_at(start).filter(|id| id.starts_with(&prefix)) else { break };
            if id[10..] == scope && !self.is_displaced(start) {
                return id[5..10].parse().unwrap_or(0);
            }
            end = start;
        }
        0
    }

    /// Returns whether the record on the line at `start` has another identity than it claims.
    fn is_displaced(&self, start: usize) -> bool {
        let found = self.kept.binary_search_by_key(&start, |kept| kept.line.start);
        found.is_ok_and(|n| self.kept[n].record.claim != self.kept[n].record.id)
    }

    /// Returns where the first line begins whose identity is not below `id`, or the end.
    fn seek(&self, id: &str) -> usize {
        let Range { start: mut low, end: mut high } = self.body;
        while low < high {
            let middle = self.line_of(low + (high - low) / 2, low);
            if self.id_at(middle).is_some_and(|found| found < id) {
                low = self.line_after(middle);
            } else {
                high = middle;
            }
        }
        low
    }

    fn id_at(&self, start: usize) -> Option<&'a str> {
        self.text[start..self.body.end].get(ID)
    }

    /// Returns where the line with the byte at `at` begins, not before `low`.
    fn line_of(&self, at: usize, low: usize) -> usize {
        let before = &self.text.as_bytes()[low..at];
        before.iter().rposition(|b| *b == b'\n').map_or(low, |n| low + n + 1)
    }

    fn line_after(&self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..self.body.end];
        rest.iter().position(|b| *b == b'\n').map_or(self.body.end, |n| at + n + 1)
    }

    fn line_before(&self, end: usize) -> usize {
        self.line_of(end - 1, self.body.start)
    }
}

/// Returns where the records begin, and everything before them, if it is in canonical form.
fn head(text: &str) -> Option<(usize, Registry)> {
    let start = text.find('\n')? + 1;
    let line = &text[..start];
    if !line.ends_with(OPENING) {
        return None;
    }
    let whole = format!("{line}{CLOSING}");
    let head = Registry::parse(whole.as_bytes()).ok()?;
    (head.allocations.is_empty() && head.format() == whole).then_some((start, head))
}

/// Reads a record in canonical form whose reading does not depend on others.
fn independent(line: &str) -> Option<Allocation> {
    let record = parse_record(line)?;
    let alone = !record.shadowed && !record.origin_is_derived;
    (alone && format_record(&record, None) == line).then_some(record)
}

/// Returns how long the text between one record and the next, or the end, is.
fn separator(rest: &str) -> Option<usize> {
    match rest.as_bytes() {
        b"\n" => Some(1),
        [b',', b'\n', next, ..] if *next != b'\n' => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
