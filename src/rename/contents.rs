//! What is known of the blobs at hand, each looked at once and only when needed.

use std::cell::OnceCell;

use super::Blobs;
use super::spans::{Spans, may_reach};
use crate::registry::{BlobId, Change};

/// Facts about the regular files of a set of changes.
///
/// Bytes are dropped as soon as they are counted: a large move would not fit in memory.
pub(super) struct Contents<'a> {
    blobs: &'a dyn Blobs,
    facts: Vec<Fact>,
}

struct Fact {
    blob: BlobId,
    size: OnceCell<Option<u64>>,
    spans: OnceCell<Option<Spans>>,
}

impl<'a> Contents<'a> {
    /// Prepares for the regular files of `changes`; nothing is read yet.
    pub(super) fn of(changes: &[&Change], blobs: &'a dyn Blobs) -> Self {
        let entries = changes.iter().flat_map(|change| change.old.iter().chain(&change.new));
        let mut ids: Vec<BlobId> =
            entries.filter(|entry| entry.mode.is_file()).map(|entry| entry.blob).collect();
        ids.sort_unstable();
        ids.dedup();
        let fact = |blob| Fact { blob, size: OnceCell::new(), spans: OnceCell::new() };
        Contents { blobs, facts: ids.into_iter().map(fact).collect() }
    }

    /// Returns the handle of a blob; nothing for one that no regular file of the changes has.
    pub(super) fn index(&self, blob: BlobId) -> Option<usize> {
        self.facts.binary_search_by_key(&blob, |fact| fact.blob).ok()
    }

    /// Returns the size in bytes; nothing if the blob is not at hand.
    pub(super) fn size(&self, index: usize) -> Option<u64> {
        let fact = &self.facts[index];
        *fact.size.get_or_init(|| self.blobs.size(fact.blob))
    }

    /// Returns the similarity of two blobs if it can reach `minimum`, else 0; 0 too if one is
    /// not at hand.
    pub(super) fn score(&self, a: usize, b: usize, minimum: u32) -> u32 {
        self.known_score(a, b, minimum).unwrap_or(0)
    }

    fn known_score(&self, a: usize, b: usize, minimum: u32) -> Option<u32> {
        let (a_size, b_size) = (self.size(a)?, self.size(b)?);
        if !may_reach(minimum, a_size, b_size) {
            return None;
        }
        Some(self.spans(a)?.score(self.spans(b)?, a_size.max(b_size)))
    }

    fn spans(&self, index: usize) -> Option<&Spans> {
        let fact = &self.facts[index];
        let read = || self.blobs.read(fact.blob).map(|data| Spans::of(&data));
        fact.spans.get_or_init(read).as_ref()
    }
}
