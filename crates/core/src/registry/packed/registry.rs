//! [`PackedRegistry`]: a registry that stays in its canonical text.

use std::io::{Read, Seek};

use super::{PartialRegistry, Splice};
use crate::registry::{CounterKey, Id, RecordQuery, Records, Registry};

/// The text of a registry in canonical form, and the records that were read from it.
///
/// The text is scanned once for each query; unchanged records are never parsed.
#[derive(Debug)]
pub struct PackedRegistry<R> {
    source: R,
    part: Option<PartialRegistry>,
}

impl<R: Read + Seek> PackedRegistry<R> {
    /// Returns the registry in a text, of which nothing is read yet.
    pub fn new(source: R) -> Self {
        PackedRegistry { source, part: None }
    }

    /// Returns the canonical text of the whole registry with the records that were read replaced by
    /// those of `after`; see [`PartialRegistry::with`].
    pub fn with(&self, after: &Registry) -> Option<Splice> {
        self.part.as_ref()?.with(after)
    }
}

impl<R: Read + Seek> Records for PackedRegistry<R> {
    fn read(&mut self, query: &RecordQuery<'_>) -> Option<Registry> {
        self.source.rewind().ok()?;
        let read = self.part.take();
        let is_read = |id| read.as_ref().is_some_and(|read| read.kept(id).is_some());
        let part =
            PartialRegistry::of(&mut self.source, |line| query.finds(line) || is_read(line.id))?;
        Some(self.part.insert(part).registry())
    }

    fn has(&self, id: Id) -> bool {
        self.part.as_ref().is_some_and(|part| part.has(id))
    }

    fn highest(&self, counter: CounterKey) -> u32 {
        self.part.as_ref().map_or(0, |part| part.highest(counter))
    }
}
