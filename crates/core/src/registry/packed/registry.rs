//! [`PackedRegistry`]: a registry that stays in its canonical text.

use std::io::{Read, Seek};

use super::{PartialRegistry, Splice};
use crate::registry::{CounterKey, Id, RecordQuery, Records, Registry};

/// The text of a registry in canonical form, and the records that were read from it.
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
