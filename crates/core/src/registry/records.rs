//! [`Records`]: read access to a registry, however much of it has been parsed.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use foldhash::fast::RandomState;

use super::{
    Allocation, CounterKey, Id, Origin, RecordLine, Registry, Sequence, Sieve, Status, key,
};

/// A registry from which only the requested records need to be parsed: its canonical text
/// ([`PackedRegistry`](super::PackedRegistry)), or a [`Registry`] that has been parsed completely.
pub trait Records {
    /// Reads the records that match a query, and all records with aliases or with claims that
    /// differ from their identities. Returns the registry with these records, and possibly others
    /// found by earlier queries; `None` if the registry cannot be read in parts.
    fn read(&mut self, query: &RecordQuery<'_>) -> Option<Registry>;

    /// Returns whether any record, read or not, has this identity.
    fn has(&self, id: Id) -> bool;

    /// Returns the highest sequence in a counter that a record, read or not, both has and claims; 0
    /// if there is none.
    fn highest(&self, counter: CounterKey) -> u32;

    /// Calls `see` with the sequence of every record, read or not, that has an identity in a
    /// counter.
    fn each_in(&self, counter: CounterKey, see: &mut dyn FnMut(Sequence));
}

/// The records to read: those that match any of these criteria.
#[derive(Debug, Clone, Default)]
pub struct RecordQuery<'a> {
    /// The records' identities.
    pub ids: BTreeSet<Id>,
    /// The records' paths.
    pub paths: HashSet<Cow<'a, [u8]>, RandomState>,
    /// The records' origins.
    pub origins: HashSet<Origin, RandomState>,
    /// The last blobs of deprecated records' files.
    pub last_blobs: HashSet<String>,
    /// Active records' second identities.
    pub doc_ids: BTreeSet<String>,
}

impl RecordQuery<'_> {
    /// Returns what decides whether a record matches.
    pub(super) fn finder(&self) -> RecordFinder<'_> {
        let [paths, origins] = [self.paths.len(), self.origins.len()].map(Sieve::with_room);
        let mut finder = RecordFinder { query: self, paths, origins };
        self.paths.iter().for_each(|path| finder.paths.insert(end_of(path)));
        self.origins.iter().for_each(|origin| finder.origins.insert(origin.number()));
        finder
    }
}

/// Decides which records match a [`RecordQuery`].
#[derive(Debug)]
pub(super) struct RecordFinder<'q> {
    query: &'q RecordQuery<'q>,
    paths: Sieve,
    origins: Sieve,
}

impl RecordFinder<'_> {
    /// Returns whether a record matches.
    pub(super) fn finds(&self, line: &RecordLine<'_>) -> bool {
        let query = self.query;
        let was_here = |blob| line.status == Status::Deprecated && query.last_blobs.contains(blob);
        (self.paths.may_have(end_of(line.path)) && query.paths.contains(line.path))
            || (self.origins.may_have(line.origin.number()) && query.origins.contains(&line.origin))
            || query.ids.contains(&line.id)
            || line.last_blob.is_some_and(was_here)
            || (line.status == Status::Active
                && line.doc_id.is_some_and(|doc_id| query.doc_ids.contains(doc_id)))
    }
}

/// Returns a number for the last eight bytes of a path.
fn end_of(path: &[u8]) -> u64 {
    path.last_chunk().map_or(0, |end| u64::from_le_bytes(*end))
}

impl Records for &Registry {
    fn read(&mut self, query: &RecordQuery<'_>) -> Option<Registry> {
        let finder = query.finder();
        let is_found = |record: &&Allocation| {
            finder.finds(&RecordLine::of(record))
                // These records are also read from canonical text, because their lines are not
                // plain.
                || record.claim != record.id
                || !record.aliases.is_empty()
        };
        let allocations = self.allocations.iter().filter(is_found).cloned().collect();
        Some(Registry { allocations, ..self.head() })
    }

    fn has(&self, id: Id) -> bool {
        self.allocations.iter().any(|record| record.id == id)
    }

    fn highest(&self, counter: CounterKey) -> u32 {
        let own = self.allocations.iter().filter(|r| r.claim == r.id && r.id.counter() == counter);
        own.map(|record| record.id.sequence().get()).max().unwrap_or(0)
    }

    fn each_in(&self, counter: CounterKey, see: &mut dyn FnMut(Sequence)) {
        let own = self.allocations.iter().filter(|record| record.id.counter() == counter);
        own.for_each(|record| see(record.id.sequence()));
    }
}

impl<'a> RecordLine<'a> {
    /// Returns a parsed record's values as a line, which does not count as a bare one.
    pub fn of(record: &'a Allocation) -> Self {
        RecordLine {
            id: record.id,
            path: record.path.as_bytes(),
            allocated_at: record.allocated_at.as_str().as_bytes(),
            status: record.status,
            origin: record.origin,
            last_blob: record.text(key::LAST_BLOB),
            reason: record.text(key::DEPRECATED_REASON),
            link: key::LINKS.into_iter().find_map(|key| record.text(key)),
            doc_id: record.text(key::DOC_ID),
            is_bare: false,
        }
    }
}
