//! A quick look at the index: its cached tree and its registry, without reading all entries.

use std::fs::{File, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use idhooks_core::registry::{BlobId, Entry, Mode, REGISTRY_PATH};

use crate::store::FileStamp;

use super::index_bytes::{EntryPlace, IndexLayout, SkippedEntry, stat};
use super::index_tail::IndexTail;
use super::{GitError, IndexFile, Repo, TreeId};

/// The result of a quick look at an index.
#[derive(Debug)]
pub struct IndexPeek {
    /// The tree that git has cached for exactly this content.
    pub root: TreeId,
    /// The entry of the registry, a regular file.
    pub registry: Entry,
    pub(super) reader: IndexReader,
    entry: EntryPlace,
}

impl IndexPeek {
    /// Returns the stamp that the file had when it was read.
    pub fn stamp(&self) -> FileStamp {
        self.reader.stamp
    }

    /// Returns whether the working file of the registry, with this metadata, is known to match the
    /// index. As for git, the file must not have been touched since, and the index must not have
    /// been written in the same second.
    pub fn knows(&self, working: &Metadata) -> bool {
        self.reader.knows(&self.entry, working)
    }
}

/// An open index file. Git replaces the file as a whole, so the open one does not change.
#[derive(Debug)]
pub(super) struct IndexReader {
    pub(super) file: File,
    pub(super) meta: Metadata,
    pub(super) stamp: FileStamp,
}

impl IndexReader {
    /// Opens an index file; returns `None` if it does not exist.
    pub(super) fn open(file: &Path) -> Result<Option<IndexReader>, GitError> {
        let failed = |error| GitError::reading("the index", &error);
        let file = match File::open(file) {
            Ok(opened) => opened,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let meta = file.metadata().map_err(failed)?;
        let stamp = FileStamp::of(&meta);
        Ok(Some(IndexReader { file, meta, stamp }))
    }

    /// Reads its layout, and passes each entry to `look`.
    pub(super) fn layout(
        &self,
        id_length: usize,
        path: &str,
        look: impl FnMut(SkippedEntry<'_>),
    ) -> Option<IndexLayout> {
        (&self.file).rewind().ok()?;
        IndexLayout::read(&self.file, self.meta.len(), id_length, path, look)
    }

    /// Returns whether a working file with this metadata is known to match its entry.
    pub(super) fn knows(&self, entry: &EntryPlace, working: &Metadata) -> bool {
        let is_same = stat(Some(working)).is_some_and(|now| entry.stat == now);
        let second = |meta: &Metadata| {
            let age = meta.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
            Some(age.as_secs())
        };
        let seconds = second(working).zip(second(&self.meta));
        is_same && seconds.is_some_and(|(working, index)| working < index)
    }
}

impl Repo {
    /// Takes a quick look at an index. Returns `None` if that is not enough and [`Repo::index`] has
    /// to read it.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn peek(&self, file: &IndexFile) -> Result<Option<IndexPeek>, GitError> {
        let Some(reader) = IndexReader::open(file.path())? else { return Ok(None) };
        let id_length = self.gix.object_hash().len_in_bytes();
        let tail = IndexTail::read(&reader.file, reader.meta.len(), id_length, REGISTRY_PATH);
        Ok(tail.map(|IndexTail { entry, root }| {
            let registry = Entry { mode: Mode::Regular, blob: entry.id };
            IndexPeek { root: TreeId(root), registry, reader, entry }
        }))
    }

    /// Returns the checksum at the end of an index, which identifies its content. Returns `None` if
    /// it cannot be read or git left it out.
    pub fn index_checksum(&self, file: &IndexFile) -> Option<BlobId> {
        let mut sum = vec![0; self.gix.object_hash().len_in_bytes()];
        let mut opened = File::open(file.path()).ok()?;
        opened.seek(SeekFrom::End(-i64::try_from(sum.len()).ok()?)).ok()?;
        opened.read_exact(&mut sum).ok()?;
        BlobId::from_bytes(&sum).filter(|_| sum.iter().any(|byte| *byte != 0))
    }
}
