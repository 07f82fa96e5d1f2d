//! Listing the entries of an index without building them in memory.

use std::fs::Metadata;

use idhooks_core::registry::{BlobId, Entry, Mode, REGISTRY_PATH};

use super::directory::mode_of;
use super::index_bytes::{EntryPlace, IndexLayout, SkippedEntry};
use super::index_peek::IndexReader;
use super::{GitError, IndexFile, IndexPeek, Repo};

/// The result of listing an index whose entries are all merged and have content.
#[derive(Debug)]
pub struct Listing {
    reader: IndexReader,
    entry: EntryPlace,
    /// The entry of the registry, a regular file.
    pub registry: Entry,
}

impl Repo {
    /// Lists an index, which `peek` may have opened, and passes each entry to `look`. Returns
    /// `None` if only [`Repo::index`] can read its format, or if it has no registry.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn listing(
        &self,
        file: &IndexFile,
        peek: Option<IndexPeek>,
        mut look: impl FnMut(&[u8], Entry),
    ) -> Result<Option<Listing>, GitError> {
        let id_length = self.gix.object_hash().len_in_bytes();
        let reader = match peek {
            Some(peek) => peek.reader,
            None => match IndexReader::open(file.path())? {
                Some(reader) => reader,
                None => return Ok(None),
            },
        };
        let layout = reader.layout(id_length, REGISTRY_PATH, entries(&mut look));
        let listing = layout.filter(IndexLayout::is_complete).and_then(|layout| {
            let entry = layout.entry?;
            let registry = Entry { mode: Mode::Regular, blob: entry.id };
            Some(Listing { reader, entry, registry })
        });
        Ok(listing)
    }

    /// Passes each entry of an index to `look`, with or without a registry. Returns whether these
    /// were all entries; if not, only [`Repo::index`] can read the format, or there is no index.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn look_through(
        &self,
        file: &IndexFile,
        mut look: impl FnMut(&[u8], Entry),
    ) -> Result<bool, GitError> {
        let id_length = self.gix.object_hash().len_in_bytes();
        let Some(reader) = IndexReader::open(file.path())? else { return Ok(false) };
        let layout = reader.layout(id_length, REGISTRY_PATH, entries(&mut look));
        Ok(layout.is_some_and(|layout| layout.is_complete()))
    }
}

/// Adapts a function that takes paths and entries to one that takes skipped entries.
fn entries(look: &mut impl FnMut(&[u8], Entry)) -> impl FnMut(SkippedEntry<'_>) {
    |skipped| {
        if let Some(blob) = BlobId::from_bytes(skipped.id) {
            look(skipped.path, Entry { mode: mode_of(skipped.mode), blob });
        }
    }
}

impl Listing {
    /// Like [`IndexPeek::knows`].
    pub fn knows(&self, working: &Metadata) -> bool {
        self.reader.knows(&self.entry, working)
    }
}
