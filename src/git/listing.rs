//! The paths of an index, read where they stand in its file.

use std::fs::Metadata;

use crate::registry::{BlobId, Entry, Mode, REGISTRY_PATH};

use super::index_bytes::{EntryPlace, IndexLayout, SkippedEntry};
use super::index_peek::IndexReader;
use super::objects::mode_of;
use super::{GitError, IndexFile, IndexPeek, Repo};

/// What was listed of an index whose entries are what a commit of it holds: all merged, each with
/// a content.
#[derive(Debug)]
pub struct Listing {
    seen: IndexReader,
    entry: EntryPlace,
    /// The registry: a regular file.
    pub registry: Entry,
}

impl Repo {
    /// Reads an index, which a quick look may have `seen`, and has each path looked at; nothing
    /// where it is kept in a form that [`Repo::index`] has to take apart, or has no registry.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn listing(
        &self,
        file: &IndexFile,
        seen: Option<IndexPeek>,
        mut look: impl FnMut(&[u8], Entry),
    ) -> Result<Option<Listing>, GitError> {
        let id_length = self.gix.object_hash().len_in_bytes();
        let seen = match seen {
            Some(glance) => glance.seen,
            None => match IndexReader::open(file.path())? {
                Some(seen) => seen,
                None => return Ok(None),
            },
        };
        let layout = seen.layout(id_length, REGISTRY_PATH, entries(&mut look));
        let listing = layout.filter(IndexLayout::is_complete).and_then(|layout| {
            let entry = layout.entry?;
            let registry = Entry { mode: Mode::Regular, blob: entry.id };
            Some(Listing { seen, entry, registry })
        });
        Ok(listing)
    }

    /// Has each path of an index looked at, with or without a registry; returns whether that was
    /// all of it, which it is not where [`Repo::index`] has to take it apart or there is none.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn look_through(
        &self,
        file: &IndexFile,
        mut look: impl FnMut(&[u8], Entry),
    ) -> Result<bool, GitError> {
        let id_length = self.gix.object_hash().len_in_bytes();
        let Some(seen) = IndexReader::open(file.path())? else { return Ok(false) };
        let layout = seen.layout(id_length, REGISTRY_PATH, entries(&mut look));
        Ok(layout.is_some_and(|layout| layout.is_complete()))
    }
}

/// Returns what looks at a place in an index file, given what looks at what it says.
fn entries(look: &mut impl FnMut(&[u8], Entry)) -> impl FnMut(SkippedEntry<'_>) {
    |spot| {
        if let Some(blob) = BlobId::from_bytes(spot.id) {
            look(spot.path, Entry { mode: mode_of(spot.mode), blob });
        }
    }
}

impl Listing {
    /// As [`IndexPeek::knows`].
    pub fn knows(&self, working: &Metadata) -> bool {
        self.seen.knows(&self.entry, working)
    }
}
