//! [`Blobs`]: the source from which rename detection reads file contents; [`Contents`]: a cache of
//! their sizes and spans, each read once and only on demand.

use std::cell::{OnceCell, RefCell};
use std::{collections::HashMap, rc::Rc};

use foldhash::fast::RandomState;

use crate::registry::BlobId;

use super::similarity::{Spans, may_reach};

/// The sizes and spans of the blobs involved in a set of changes.
///
/// Contents are dropped once their spans have been counted, because the contents of a large move
/// would not fit in memory.
pub(super) struct Contents<'a> {
    blobs: &'a dyn Blobs,
    facts: RefCell<HashMap<BlobId, Rc<BlobFacts>, RandomState>>,
}

/// The size and spans of one blob.
pub(super) struct BlobFacts {
    blob: BlobId,
    size: OnceCell<Option<u64>>,
    spans: OnceCell<Option<Spans>>,
}

impl<'a> Contents<'a> {
    /// Returns an empty cache.
    pub(super) fn of(blobs: &'a dyn Blobs) -> Self {
        Contents { blobs, facts: RefCell::default() }
    }

    /// Returns the cached facts about a blob, shared with later calls.
    pub(super) fn fact(&self, blob: BlobId) -> Rc<BlobFacts> {
        let fact = || Rc::new(BlobFacts { blob, size: OnceCell::new(), spans: OnceCell::new() });
        self.facts.borrow_mut().entry(blob).or_insert_with(fact).clone()
    }

    /// Returns whether a blob is missing from the clone but may exist in others.
    pub(super) fn is_missing(&self, fact: &BlobFacts) -> bool {
        self.size(fact).is_none() && self.blobs.may_lack(fact.blob)
    }

    /// Returns the size in bytes; `None` if the blob is missing from the clone.
    pub(super) fn size(&self, fact: &BlobFacts) -> Option<u64> {
        *fact.size.get_or_init(|| self.blobs.size(fact.blob))
    }

    /// Returns the similarity of two blobs if it can reach `minimum`, otherwise 0; also 0 if one of
    /// them is missing from the clone.
    pub(super) fn score(&self, a: &BlobFacts, b: &BlobFacts, minimum: u32) -> u32 {
        // Object headers contain the sizes, so most contents need not be read.
        let sizes = self.size(a).zip(self.size(b)).filter(|(a, b)| may_reach(minimum, *a, *b));
        let score =
            |(one, other): (u64, u64)| Some(self.spans(a)?.score(self.spans(b)?, one.max(other)));
        sizes.and_then(score).unwrap_or(0)
    }

    /// Returns whether a blob is in the clone and neither empty nor blank.
    pub(super) fn is_distinctive(&self, blob: BlobId) -> bool {
        is_distinctive(self.blobs, blob)
    }

    /// Returns the spans; `None` if the blob is missing from the clone.
    pub(super) fn spans<'f>(&self, fact: &'f BlobFacts) -> Option<&'f Spans> {
        let read = || self.blobs.read(fact.blob).map(|data| Spans::of(&data));
        fact.spans.get_or_init(read).as_ref()
    }
}

/// A source of file contents.
pub trait Blobs {
    /// Returns the size in bytes; `None` if the object is missing from the clone. Does not fetch.
    fn size(&self, blob: BlobId) -> Option<u64>;
    /// Returns the content; `None` if the object is missing from the clone. Does not fetch.
    fn read(&self, blob: BlobId) -> Option<Vec<u8>>;
    /// Returns the id that a blob with this content has or would have; `None` if the implementation
    /// cannot compute it.
    fn id_of(&self, _content: &[u8]) -> Option<BlobId> {
        None
    }
    /// Returns whether a blob missing from the clone may exist in others. If not, nobody can
    /// compare it.
    fn may_lack(&self, _blob: BlobId) -> bool {
        true
    }
}

/// Returns whether a blob is in the clone and neither empty nor blank. Such a blob counts as
/// evidence if only one file has it.
pub fn is_distinctive(blobs: &dyn Blobs, blob: BlobId) -> bool {
    blobs.read(blob).is_some_and(|content| !content.trim_ascii().is_empty())
}

/// A source that has no contents.
#[derive(Debug, Clone, Copy)]
pub struct NoBlobs;

impl Blobs for NoBlobs {
    fn size(&self, _: BlobId) -> Option<u64> {
        None
    }

    fn read(&self, _: BlobId) -> Option<Vec<u8>> {
        None
    }
}
