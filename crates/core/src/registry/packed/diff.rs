//! [`CanonicalText`]: a registry in canonical form, and the lines in which two such registries
//! differ.
//!
//! Only a few lines change from one commit to the next, and only those lines are parsed: the others
//! are known from the previous registry.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::RandomState;

use crate::registry::parse::parse_record;
use crate::registry::{Allocation, Id, Origin, Registry, RepoPath, canonical_format::CLOSING};

use super::CanonicalRecords;
use super::cursor::{KeptRecord, OPENING, independent, is_independent};
use super::record_line::{self, ID, LineReader, RecordLine};

/// How many bytes to compare at once.
const CHUNK: usize = 256;

/// The text of a registry whose records do not depend on each other. Each is on its own line, and
/// the lines are sorted by identity, without duplicates.
#[derive(Debug)]
pub struct CanonicalText {
    text: String,
    /// The range of the lines that contain records.
    body: Range<usize>,
    /// The registry's head, without its records.
    head: Registry,
    /// A number that no other text has.
    number: u64,
    /// The number of the text that this one was last compared with, and the result: a commit is
    /// compared with each parent more than once.
    compared: RefCell<Option<(u64, Option<Rc<DifferingLines>>)>>,
}

/// The lines that two texts do not share.
type DifferingLines = [Vec<Range<usize>>; 2];

impl CanonicalText {
    /// Reads a registry; `None` if it is not in this form. Lines shared with `known` are not parsed
    /// again.
    pub fn read(bytes: Vec<u8>, known: Option<&CanonicalText>) -> Option<Self> {
        let text = String::from_utf8(bytes).ok()?;
        let body = body(&text)?;
        // Successive commits share nearly all lines, so only the lines that differ are checked.
        match known.filter(|known| known.text[..known.body.start] == text[..body.start]) {
            None => Self::of(text, body),
            Some(known) => {
                let canonical = Self::new(text, body, known.head.clone());
                let is_plain = |line| independent(&canonical.text[line]).is_some();
                let differing = known.differing(&canonical);
                match differing.is_some_and(|lines| lines[1].iter().cloned().all(is_plain)) {
                    true => Some(canonical),
                    false => Self::of(canonical.text, canonical.body),
                }
            }
        }
    }

    fn of(text: String, body: Range<usize>) -> Option<Self> {
        let head = Self::plain_head(&text).or_else(|| Self::read_head(&text))?;
        Some(Self::new(text, body, head))
    }

    fn new(text: String, body: Range<usize>, head: Registry) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        CanonicalText { text, body, head, number, compared: RefCell::default() }
    }

    /// Returns the registry's head, if most records have the plainest form and no two active ones
    /// have the same path.
    fn plain_head(text: &str) -> Option<Registry> {
        let records = CanonicalRecords::begin(text.as_bytes())?;
        let head = records.head().clone();
        records.check().map(|()| head)
    }

    fn read_head(text: &str) -> Option<Registry> {
        let registry = Registry::parse(text.as_bytes()).ok()?;
        let is_plain = registry.allocations.iter().all(is_independent)
            && registry.duplicate_ids().is_empty()
            && registry.format() == text;
        is_plain.then_some(Registry { allocations: Vec::new(), ..registry })
    }

    /// Returns how much memory the text uses, in bytes.
    pub fn size(&self) -> usize {
        self.text.len()
    }

    /// Returns parts of both registries: the records that differ, and those at `paths` or at the
    /// paths of the differing records. Returns `None` if anything besides records differs, or if a
    /// new record has the same origin as a record that is equal in both registries. This registry
    /// must not contain any origin twice.
    pub fn parts(
        &self,
        other: &CanonicalText,
        paths: &BTreeSet<&RepoPath>,
    ) -> Option<[Registry; 2]> {
        if self.text[..self.body.start] != other.text[..other.body.start] {
            return None;
        }
        let lines = self.differing(other)?;
        let [gone, come] = &*lines;
        let (mut old, mut new) = (self.records(gone)?, other.records(come)?);
        let known: BTreeSet<Origin> = old.iter().map(|record| record.origin).collect();
        let changed: BTreeSet<Id> = new.iter().map(|record| record.id).collect();
        let origins = new.iter().map(|record| record.origin);
        let fresh: BTreeSet<Origin> = origins.filter(|origin| !known.contains(origin)).collect();
        let places = old.iter().chain(&new).map(|record| &record.path).chain(paths.iter().copied());
        let places: BTreeSet<RepoPath> = places.cloned().collect();
        for record in other.among(&places, &fresh)? {
            if changed.contains(&record.id) {
                continue;
            }
            if fresh.contains(&record.origin) {
                return None;
            }
            if places.contains(&record.path) {
                old.push(record.clone());
                new.push(record);
            }
        }
        Some([old, new].map(|allocations| Registry { allocations, ..self.head.clone() }))
    }

    /// Returns the identities in this registry that are missing from another.
    pub fn ids_missing_in(&self, other: &CanonicalText) -> Option<BTreeSet<Id>> {
        let lines = self.differing(other)?;
        let [gone, come] = &*lines;
        let ids = |text: &CanonicalText, lines: &[Range<usize>]| -> Option<BTreeSet<Id>> {
            lines.iter().map(|line| text.id(line)?.parse().ok()).collect()
        };
        let (gone, come) = (ids(self, gone)?, ids(other, come)?);
        Some(gone.difference(&come).copied().collect())
    }

    fn records(&self, lines: &[Range<usize>]) -> Option<Vec<Allocation>> {
        lines.iter().map(|line| parse_record(&self.text[line.clone()])).collect()
    }

    /// Returns the records with the given paths or origins, and possibly others.
    fn among(
        &self,
        places: &BTreeSet<RepoPath>,
        origins: &BTreeSet<Origin>,
    ) -> Option<Vec<Allocation>> {
        if places.is_empty() && origins.is_empty() {
            return Some(Vec::new());
        }
        let paths: HashSet<&[u8], RandomState> = places.iter().map(RepoPath::as_bytes).collect();
        let wanted =
            |line: &RecordLine<'_>| paths.contains(line.path) || origins.contains(&line.origin);
        let (mut reader, mut found) = (LineReader::default(), Vec::new());
        for line in self.lines(self.body.clone()) {
            let text = self.text[line].as_bytes();
            match reader.read(record_line::id(text)?, text) {
                Some(line) if !wanted(&line) => {}
                line => found.push(KeptRecord::read(text, line.is_some())?.record),
            }
        }
        Some(found)
    }

    fn start_of_line(&self, at: usize) -> usize {
        let before = &self.text.as_bytes()[self.body.start..at];
        self.body.start + memchr::memrchr(b'\n', before).map_or(0, |n| n + 1)
    }

    /// Returns the line that starts at a position, without the comma and line ending.
    fn line_at(&self, start: usize) -> Range<usize> {
        let rest = &self.text.as_bytes()[start..self.body.end];
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        start..start + length - usize::from(rest[..length].ends_with(b","))
    }

    /// Returns the lines in this part of the text.
    fn lines(&self, part: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let mut at = part.start;
        std::iter::from_fn(move || {
            let line = Some(at).filter(|at| *at < part.end).map(|at| self.line_at(at))?;
            at = line.end + self.text[line.end..].find('\n')? + 1;
            Some(line)
        })
    }

    fn id(&self, line: &Range<usize>) -> Option<&str> {
        self.text[line.clone()].get(ID)
    }

    /// Returns the lines that the two registries do not share; `None` if the other registry's lines
    /// are out of order. This registry's lines must be in order.
    fn differing(&self, other: &CanonicalText) -> Option<Rc<DifferingLines>> {
        if let Some((number, lines)) = &*self.compared.borrow()
            && *number == other.number
        {
            return lines.clone();
        }
        let lines = self.compare(other).map(Rc::new);
        *self.compared.borrow_mut() = Some((other.number, lines.clone()));
        lines
    }

    fn compare(&self, other: &CanonicalText) -> Option<DifferingLines> {
        let [old, new] = self.between(other);
        let first = (new.start > other.body.start).then(|| other.start_of_line(new.start - 1));
        let mut last = first.and_then(|start| other.id(&other.line_at(start)));
        let (mut found, mut before) = ([Vec::new(), Vec::new()], self.lines(old).peekable());
        for line in other.lines(new.clone()) {
            let id = other.id(&line)?;
            let has_comma = other.text.as_bytes()[line.end] == b',';
            let is_last = line.end + 1 == other.body.end;
            if last.is_some_and(|last| last >= id) || has_comma == is_last {
                return None;
            }
            last = Some(id);
            found[0].extend(std::iter::from_fn(|| before.next_if(|old| self.id(old) < Some(id))));
            let same = |old: &Range<usize>| self.text[old.clone()] == other.text[line.clone()];
            if before.next_if(same).is_none() {
                found[0].extend(before.next_if(|old| self.id(old) == Some(id)));
                found[1].push(line);
            }
        }
        found[0].extend(before);
        let after = Some(new.end).filter(|end| *end < other.body.end);
        let next = after.map(|start| other.id(&other.line_at(start)));
        let is_in_order = next.is_none_or(|next| next > last);
        let is_closed = !other.text[other.body.clone()].ends_with(",\n");
        (is_in_order && is_closed).then_some(found)
    }

    /// Returns the part of each text that lies between the leading and trailing lines that both
    /// texts share.
    fn between(&self, other: &CanonicalText) -> [Range<usize>; 2] {
        let [a, b] =
            [self, other].map(|canonical| &canonical.text.as_bytes()[canonical.body.clone()]);
        // Comparing slices is a `memcmp`; only the first chunk that differs is compared byte by
        // byte.
        let start = a.len().min(b.len()).min(common(a.chunks(CHUNK), b.chunks(CHUNK), |a, b| {
            a.iter().zip(b).take_while(|(a, b)| a == b).count()
        }));
        let start = memchr::memrchr(b'\n', &a[..start]).map_or(0, |n| n + 1);
        let (a, b) = (&a[start..], &b[start..]);
        let end = common(a.rchunks(CHUNK), b.rchunks(CHUNK), |a, b| {
            a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count()
        });
        // The common suffix may start in the middle of a line, so it is trimmed to start with the
        // next line.
        let end = memchr::memchr(b'\n', &a[a.len() - end..]).map_or(0, |n| end - n - 1);
        [self, other].map(|canonical| canonical.body.start + start..canonical.body.end - end)
    }
}

/// Returns the number of leading bytes that are equal, comparing chunk by chunk.
fn common<'a>(
    a: impl Iterator<Item = &'a [u8]>,
    b: impl Iterator<Item = &'a [u8]>,
    in_chunk: impl Fn(&[u8], &[u8]) -> usize,
) -> usize {
    let mut length = 0;
    for (a, b) in a.zip(b) {
        if a != b {
            return length + in_chunk(a, b);
        }
        length += a.len();
    }
    length
}

/// Returns the range of the records in a canonical registry.
fn body(text: &str) -> Option<Range<usize>> {
    let start = text.find('\n')? + 1;
    let end = text.strip_suffix(CLOSING)?.len();
    (start <= end && text.as_bytes()[..start].ends_with(OPENING)).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        r#"{"schema_version":"1.0","scope":"260118","counters":{},"metadata":{},"allocations":["#;

    fn record(number: u32, path: &str) -> String {
        format!(
            r#"{{"id":"00999{number:05}260118","file_path":"{path}","allocated_at":"2026-01-01T00:00:00Z","status":"active","metadata":{{"origin":"{number:016x}"}}}}"#
        )
    }

    fn text(records: &[String]) -> String {
        let end = if records.is_empty() { "" } else { "\n" };
        format!("{HEAD}\n{}{end}]}}\n", records.join(",\n"))
    }

    fn canonical(records: &[String], known: Option<&CanonicalText>) -> Option<CanonicalText> {
        CanonicalText::read(text(records).into_bytes(), known)
    }

    /// Returns the paths in both parts.
    fn parts(old: &CanonicalText, new: &CanonicalText, path: &str) -> Option<[Vec<String>; 2]> {
        let path = RepoPath::new(path.as_bytes()).expect("a path");
        let parts = old.parts(new, &BTreeSet::from([&path]))?;
        Some(parts.map(|part| part.allocations.iter().map(|r| r.path.to_string()).collect()))
    }

    #[test]
    fn what_differs_is_found_and_what_is_at_a_path() {
        let all: Vec<String> = (1..40).map(|n| record(n, &format!("file{n}"))).collect();
        let old = canonical(&all, None).expect("canonical");
        for known in [None, Some(&old)] {
            let mut records = all.clone();
            records[38] = record(39, "moved");
            records.remove(4);
            records.insert(20, record(90, "new"));
            assert!(canonical(&records, known).is_none(), "not in order");
            records.remove(20);
            records.push(record(90, "new"));
            let new = canonical(&records, known).expect("canonical");
            let found = parts(&old, &new, "file7").expect("only records");
            assert_eq!(found[0], ["file5", "file39", "file7"]);
            assert_eq!(found[1], ["moved", "new", "file7"]);
            let [back, _] = parts(&new, &old, "none").expect("only records");
            assert_eq!(back, ["moved", "new"]);
            let none = canonical(&[], known).expect("canonical");
            assert_eq!(parts(&old, &none, "none").expect("only records")[0].len(), 39);
            assert_eq!(parts(&none, &old, "none").expect("only records")[1].len(), 39);
            assert_eq!(parts(&old, &old, "file1").expect("the same")[0], ["file1"]);
            records.insert(0, record(0, "z"));
            assert!(canonical(&records, known).is_none(), "no identity");
            records[0] = record(1, "z");
            assert!(canonical(&records, known).is_none(), "an identity twice");
        }
    }

    #[test]
    fn another_form_is_refused() {
        let all: Vec<String> = (1..9).map(|n| record(n, &format!("file{n}"))).collect();
        let old = canonical(&all, None).expect("canonical");
        let good = text(&all);
        for (from, to) in [
            ("},\n", "}\n"),
            ("}\n]}", "},\n]}"),
            ("\":\"", "\": \""),
            ("\n", "\r\n"),
            ("]}\n", "]}"),
            ("]}\n", "]}\n\n"),
            ("},\n", "},\n\n"),
            ("\"active\"", "\"lively\""),
            ("\"origin\":\"0000000000000005\"", "\"zeta\":1"),
        ] {
            let bad = good.replacen(from, to, 1).into_bytes();
            assert!(CanonicalText::read(bad.clone(), Some(&old)).is_none(), "{from:?} to {to:?}");
            assert!(CanonicalText::read(bad, None).is_none(), "{from:?} to {to:?}");
        }
    }

    #[test]
    fn a_duplicate_origin_is_noticed() {
        let all: Vec<String> = (1..9).map(|n| record(n, &format!("file{n}"))).collect();
        let old = canonical(&all, None).expect("canonical");
        let twice = record(9, "file9").replace(&format!("{:016x}", 9), &format!("{:016x}", 3));
        let new = canonical(&[all, vec![twice]].concat(), Some(&old)).expect("canonical");
        assert!(parts(&old, &new, "none").is_none());
    }
}
