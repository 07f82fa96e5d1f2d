//! [`PartialRegistry`]: some records from a canonical registry, and the positions of all of them,
//! so that changed records can be written back; [`PackedRegistry`]: a registry that stays in text
//! form.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

use crate::registry::canonical_format::{CLOSING, format_record};
use crate::registry::parse::parse_record;
use crate::registry::{Allocation, CounterKey, Id, RecordQuery, Records, Registry, Sequence};

use super::Splice;
use super::cursor::{KeptRecord, RecordSpan, RegistryCursor, RegistryLayout, SEPARATOR};
use super::record_line::{self, LineReader, RecordLine};

/// Some of a registry's records, together with the positions of all records.
#[derive(Debug, Clone)]
pub struct PartialRegistry {
    pub(super) layout: RegistryLayout,
    /// The records that were read, sorted by identity.
    pub(super) kept: Vec<KeptRecord>,
}

impl PartialRegistry {
    /// Reads the `wanted` records, and all records that do not have the plainest form, such as
    /// every record with a claim or aliases.
    ///
    /// Returns `None` if the text cannot be read, is not a registry in canonical form, or has no
    /// records, or if one of the records is written as shadowed. Does not detect two active records
    /// that a merge without the driver left at the same path.
    pub fn of(text: impl Read, mut wanted: impl FnMut(&RecordLine<'_>) -> bool) -> Option<Self> {
        let (mut scan, mut reader) = (RegistryCursor::begin(text)?, LineReader::default());
        let mut kept = Vec::new();
        while !scan.is_over {
            let record = scan.peek()?;
            let (id, span) = (record_line::id(record.text)?, record.line);
            match reader.read(id, record.text) {
                Some(line) if !wanted(&line) => {}
                line => kept.push(KeptRecord::read(record.text, line.is_some())?),
            }
            scan.step(id, span)?;
        }
        Some(PartialRegistry { layout: scan.finish()?, kept })
    }

    /// Returns the registry with only the records that have been read.
    pub fn registry(&self) -> Registry {
        let allocations = self.kept.iter().map(|kept| kept.record.clone()).collect();
        Registry { allocations, ..self.layout.head.clone() }
    }

    /// Returns whether any record, read or not, has this identity.
    pub fn has(&self, id: Id) -> bool {
        self.layout.line_of(id).is_some()
    }

    /// Reads the record with this identity from the same text, if it was skipped. Also returns
    /// `None` if the record cannot be read.
    pub(super) fn take_up(
        &mut self,
        source: &mut (impl Read + Seek),
        id: Id,
    ) -> Option<Allocation> {
        let n = self.layout.line_of(id)?;
        let place = self.kept.binary_search_by_key(&id, |kept| kept.record.id).err()?;
        let lines = self.layout.text_of(n..n + 1);
        let mut text = vec![0; usize::try_from(lines.end - lines.start).ok()?];
        source.seek(SeekFrom::Start(lines.start)).ok()?;
        source.read_exact(&mut text).ok()?;
        let text = String::from_utf8(text).ok()?;
        let record = parse_record(&text).filter(|record| record.id == id)?;
        self.kept.insert(place, KeptRecord { text, record: record.clone() });
        Some(record)
    }

    /// Returns the highest sequence in a counter that a record, read or not, both has and claims; 0
    /// if there is none.
    pub fn highest(&self, counter: CounterKey) -> u32 {
        let is_displaced = |id: Id| self.kept(id).is_some_and(|kept| kept.record.claim != id);
        let highest = self.spans_in(counter).rev().find(|span| !is_displaced(span.id));
        highest.map_or(0, |span| span.id.sequence().get())
    }

    /// Returns the places of the records, read or not, whose identities are in a counter.
    fn spans_in(&self, counter: CounterKey) -> impl DoubleEndedIterator<Item = &RecordSpan> {
        let wanted = (counter.type_code, counter.namespace);
        let group = |span: &RecordSpan| (span.id.type_code(), span.id.namespace());
        let spans = &self.layout.spans;
        let [first, end] = [
            spans.partition_point(|span| group(span) < wanted),
            spans.partition_point(|span| group(span) <= wanted),
        ];
        // An identity ends with its scope, so records with imported scopes lie in between.
        spans[first..end].iter().filter(move |span| span.id.scope() == counter.scope)
    }

    /// Returns the record with this identity, if it has been read.
    pub(super) fn kept(&self, id: Id) -> Option<&KeptRecord> {
        let found = self.kept.binary_search_by_key(&id, |kept| kept.record.id);
        found.ok().map(|n| &self.kept[n])
    }
}

/// A canonical registry in text form, and the records read from it.
///
/// The text is scanned once for each query; unchanged records are never parsed.
///
/// ```
/// use idhooks_core::registry::{
///     Allocation, Origin, PackedRegistry, RecordQuery, Records, Registry, RepoPath, Timestamp,
/// };
/// use std::io::Cursor;
///
/// let mut registry = Registry::new("260118".parse()?);
/// for (id, path) in [("0110000001260118", "a.md"), ("0110000002260118", "b.md")] {
///     let (path, origin) = (RepoPath::new(path.as_bytes())?, Origin::of_legacy(id, Timestamp::EPOCH));
///     registry.allocations.push(Allocation::new(id.parse()?, path, Timestamp::EPOCH, origin));
/// }
/// let text = registry.format();
/// let mut packed = PackedRegistry::new(Cursor::new(&text));
/// let query = RecordQuery { ids: ["0110000002260118".parse()?].into(), ..RecordQuery::default() };
/// let mut part = packed.read(&query).ok_or("not in canonical form")?;
/// assert_eq!(part.allocations.len(), 1);
///
/// // Only the changed record is written again.
/// part.allocations[0].path = RepoPath::new(*b"c.md")?;
/// let splice = packed.with(&part).ok_or("a record is missing")?;
/// let after = Registry::parse(&splice.over(text.as_bytes()).ok_or("too short")?)?;
/// assert_eq!(after.allocations[1].path.to_string(), "c.md");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PackedRegistry<R> {
    source: R,
    part: Option<PartialRegistry>,
}

impl<R: Read + Seek> PackedRegistry<R> {
    /// Returns the registry in `source`, without reading any of it yet.
    pub fn new(source: R) -> Self {
        PackedRegistry { source, part: None }
    }

    /// Returns the canonical text of the whole registry, in which the records in `after` replace
    /// those that were read; see [`PartialRegistry::with`].
    pub fn with(&self, after: &Registry) -> Option<Splice> {
        self.part.as_ref()?.with(after)
    }
}

impl<R: Read + Seek> Records for PackedRegistry<R> {
    fn read(&mut self, query: &RecordQuery<'_>) -> Option<Registry> {
        self.source.rewind().ok()?;
        // The records already read are read again, because callers may still use an earlier query's
        // results.
        let read = self.part.take();
        let is_read = |id| read.as_ref().is_some_and(|read| read.kept(id).is_some());
        let finder = query.finder();
        let part =
            PartialRegistry::of(&mut self.source, |line| finder.finds(line) || is_read(line.id))?;
        Some(self.part.insert(part).registry())
    }

    fn has(&self, id: Id) -> bool {
        self.part.as_ref().is_some_and(|part| part.has(id))
    }

    fn highest(&self, counter: CounterKey) -> u32 {
        self.part.as_ref().map_or(0, |part| part.highest(counter))
    }

    fn each_in(&self, counter: CounterKey, see: &mut dyn FnMut(Sequence)) {
        let own = self.part.iter().flat_map(|part| part.spans_in(counter));
        own.for_each(|span| see(span.id.sequence()));
    }
}

/// An edit at one line; several edits at the same line are applied in the order of the variants.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SpliceEdit {
    /// Inserts this text before the line.
    Insert(String),
    /// Replaces the line with this text, or removes it if there is none.
    Replace(Option<String>),
}

impl PartialRegistry {
    /// Returns the canonical text of the whole registry, in which the records in `after` replace
    /// those that were read; `after` may also contain new records. Returns `None` if `after` lacks
    /// a record that was read, contains an identity twice, or contains the identity of a record
    /// that was not read.
    pub fn with(&self, after: &Registry) -> Option<Splice> {
        let holders = after.shadowing();
        let mut records: BTreeMap<Id, &Allocation> =
            after.allocations.iter().map(|record| (record.id, record)).collect();
        if records.len() != after.allocations.len() {
            return None;
        }
        let format =
            |record: &Allocation| format_record(record, holders.get(&record.origin).copied());
        let mut edits = Vec::new();
        let mut replaced_ids = Vec::new();
        for KeptRecord { text, record } in &self.kept {
            let n = self.layout.line_of(record.id)?;
            if records.get(&record.id).is_some_and(|now| now.origin == record.origin) {
                let line = format(records.remove(&record.id)?);
                if line != *text {
                    edits.push((n, SpliceEdit::Replace(Some(line))));
                }
            } else {
                // The record must exist under another identity, and only once.
                let is_it = |now: &&Allocation| {
                    let other = self.kept(now.id);
                    now.origin == record.origin
                        && other.is_none_or(|other| other.record.origin != now.origin)
                };
                after.allocations.iter().find(is_it)?;
                replaced_ids.push(record.id);
                edits.push((n, SpliceEdit::Replace(None)));
            }
        }
        for record in records.into_values() {
            let n = self.layout.spans.partition_point(|span| span.id < record.id);
            let is_held = self.layout.spans.get(n).is_some_and(|span| span.id == record.id);
            if is_held && replaced_ids.binary_search(&record.id).is_err() {
                return None;
            }
            edits.push((n, SpliceEdit::Insert(format(record))));
        }
        // A line begins with its identity, so sorting also puts the insertions at a line in the
        // right order.
        edits.sort_unstable();
        self.spliced(after, edits)
    }

    /// Returns the text after these edits; `None` if no record remains.
    fn spliced(&self, after: &Registry, edits: Vec<(usize, SpliceEdit)>) -> Option<Splice> {
        let mut head = after.head().format();
        head.truncate(head.len() - CLOSING.len());
        let mut pieces = Splice::default();
        pieces.write(head);
        let mut separator = "";
        let mut separate = |pieces: &mut Splice| {
            pieces.write(separator.to_owned());
            separator = SEPARATOR;
        };
        let mut next = 0;
        for (n, edit) in edits {
            if next < n {
                separate(&mut pieces);
                pieces.copy(self.layout.text_of(next..n));
                next = n;
            }
            next += usize::from(matches!(edit, SpliceEdit::Replace(_)));
            if let SpliceEdit::Insert(line) | SpliceEdit::Replace(Some(line)) = edit {
                separate(&mut pieces);
                pieces.write(line);
            }
        }
        if next < self.layout.spans.len() {
            separate(&mut pieces);
            pieces.copy(self.layout.text_of(next..self.layout.spans.len()));
        }
        pieces.write(format!("\n{CLOSING}"));
        (!separator.is_empty()).then_some(pieces)
    }
}

#[cfg(test)]
#[path = "partial_tests.rs"]
mod tests;
