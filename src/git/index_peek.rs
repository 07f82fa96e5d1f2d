//! A quick look at the index: the tree it stands for and its registry, without taking up its
//! entries.

use std::fs::{File, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use crate::registry::{BlobId, Entry, Mode, REGISTRY_PATH};
use crate::store::FileStamp;

use super::index_bytes::{EntryPlace, IndexLayout, SkippedEntry};
use super::index_patch::stat;
use super::index_tail::IndexTail;
use super::{GitError, IndexFile, Repo, TreeId};

/// What an index holds, as far as a quick look can tell.
#[derive(Debug)]
pub struct IndexPeek {
    /// The tree that git has cached for exactly this content.
    pub root: TreeId,
    /// The registry: a regular file.
    pub registry: Entry,
    pub(super) seen: IndexReader,
    entry: EntryPlace,
}

impl IndexPeek {
    /// Returns whether the file is still as it was when it was read.
    pub fn is_current(&self, file: &IndexFile) -> bool {
        self.seen.stamp.is_of(file.path())
    }

    /// Returns whether the registry's working file, which has this metadata, is known to hold
    /// what the index has, as git knows it: nobody has touched it since, and the index was not
    /// written in the same second.
    pub fn knows(&self, working: &Metadata) -> bool {
        self.seen.knows(&self.entry, working)
    }
}

/// An index file that is being read. Git replaces it as a whole, so that this one stays as it is.
#[derive(Debug)]
pub(super) struct IndexReader {
    pub(super) file: File,
    pub(super) meta: Metadata,
    pub(super) stamp: FileStamp,
}

impl IndexReader {
    /// Opens an index file; nothing where there is none.
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

    /// Steps over what is in it, and has each entry looked at.
    pub(super) fn layout(
        &self,
        id_length: usize,
        path: &str,
        look: impl FnMut(SkippedEntry<'_>),
    ) -> Option<IndexLayout> {
        (&self.file).rewind().ok()?;
        IndexLayout::read(&self.file, self.meta.len(), id_length, path, look)
    }

    /// Returns whether a working file with this metadata holds what its entry has.
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
    /// Takes a quick look at an index; nothing where that cannot tell what it holds, which
    /// [`Repo::index`] can.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn glance(&self, file: &IndexFile) -> Result<Option<IndexPeek>, GitError> {
        let Some(seen) = IndexReader::open(file.path())? else { return Ok(None) };
        let id_length = self.gix.object_hash().len_in_bytes();
        let ends = IndexTail::read(&seen.file, seen.meta.len(), id_length, REGISTRY_PATH);
        Ok(ends.map(|IndexTail { entry, root }| {
            let registry = Entry { mode: Mode::Regular, blob: entry.id };
            IndexPeek { root: TreeId(root), registry, seen, entry }
        }))
    }

    /// Returns the checksum that an index ends in, which stands for all of its content; nothing
    /// where it cannot be read or git left it out.
    pub fn index_checksum(&self, file: &IndexFile) -> Option<BlobId> {
        let mut sum = vec![0; self.gix.object_hash().len_in_bytes()];
        let mut opened = File::open(file.path()).ok()?;
        opened.seek(SeekFrom::End(-i64::try_from(sum.len()).ok()?)).ok()?;
        opened.read_exact(&mut sum).ok()?;
        BlobId::from_bytes(&sum).filter(|_| sum.iter().any(|byte| *byte != 0))
    }
}
