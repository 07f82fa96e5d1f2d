//! A quick look at the index: its cached tree and its registry, without reading every entry.

use std::cell::OnceCell;
use std::fs::{File, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::{path::Path, rc::Rc, time::SystemTime};

use idhooks_core::registry::{BlobId, Entry, Mode, REGISTRY_PATH, RepoPath};

use crate::store::{FileStamp, OpenFile};

use super::index_bytes::{EntryPlace, IndexLayout, SkippedEntry, stat};
use super::index_search::may_have_others;
use super::{GitError, IndexFile, Repo, TreeId, index_tail::IndexTail, tree_object::mode_of};

/// The result of a quick look at an index.
#[derive(Debug, Clone)]
pub struct IndexPeek {
    /// The tree that git has cached for exactly this content.
    pub root: TreeId,
    /// The registry.
    pub registry: StagedRegistry,
}

/// The registry's entry in an index, which is always a regular file.
#[derive(Debug, Clone)]
pub struct StagedRegistry {
    /// Its entry.
    pub entry: Entry,
    place: EntryPlace,
    pub(super) reader: Rc<IndexReader>,
}

impl StagedRegistry {
    fn new(reader: Rc<IndexReader>, place: EntryPlace) -> Self {
        let entry = Entry { mode: Mode::Regular, blob: place.id };
        StagedRegistry { entry, place, reader }
    }

    /// Returns the stamp that the index had when it was read.
    pub fn stamp(&self) -> FileStamp {
        self.reader.stamp
    }

    /// Returns whether the registry's working file, which has this metadata, is known to match the
    /// index. As in git, the file must be untouched since it was staged, and the index must have
    /// been written in a later second.
    pub fn knows(&self, working: &Metadata) -> bool {
        self.reader.knows(&self.place, working)
    }
}

impl IndexPeek {
    /// Returns whether any entry might have the same content as one of these files, apart from
    /// these files themselves. Each file is given with its content. Reads the index, but does not
    /// step over its entries, so this is faster than [`Repo::listing`].
    pub(crate) fn may_have_others(&self, files: &[(&RepoPath, BlobId)]) -> bool {
        let reader = &self.registry.reader;
        let entries = reader.layout.get().map(IndexLayout::end_of_entries);
        let read = entries.zip(reader.rewound());
        read.is_none_or(|(end, file)| may_have_others((&*file).take(end), files))
    }

    /// Closes the index, which is about to be replaced. From now on, nothing more is read from it.
    pub(crate) fn close(&self) {
        self.registry.reader.file.close();
    }

    /// Like [`StagedRegistry::knows`], but for the working file at another path. Reads the index
    /// entries before that path.
    pub fn knows(&self, path: &RepoPath, working: &Metadata) -> bool {
        let StagedRegistry { reader, place, .. } = &self.registry;
        let found =
            || IndexTail::entry_of(&*reader.rewound()?, place.id.as_bytes().len(), path.as_bytes());
        found().is_some_and(|place| reader.knows(&place, working))
    }
}

/// The result of listing an index in which all entries are merged and have content.
#[derive(Debug)]
pub struct Listing {
    /// The registry, if it is in the index as a regular file without flags.
    pub registry: Option<StagedRegistry>,
}

/// An open index file. Its content never changes, because git replaces the file instead of
/// modifying it.
#[derive(Debug)]
pub(super) struct IndexReader {
    pub(super) file: OpenFile,
    pub(super) meta: Metadata,
    pub(super) stamp: FileStamp,
    /// The layout with the registry's entry, once it is known.
    layout: OnceCell<IndexLayout>,
}

impl IndexReader {
    /// Opens an index file; returns `None` if it does not exist.
    pub(super) fn open(file: &Path) -> Result<Option<Rc<Self>>, GitError> {
        let failed = |error| GitError::reading("the index", &error);
        let file = match File::open(file) {
            Ok(opened) => opened,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let meta = file.metadata().map_err(failed)?;
        let stamp = FileStamp::of(&meta);
        Ok(Some(Rc::new(IndexReader {
            file: OpenFile::new(file),
            meta,
            stamp,
            layout: OnceCell::new(),
        })))
    }

    /// Returns the file, to be read from its start; `None` if it was closed.
    fn rewound(&self) -> Option<Rc<File>> {
        let file = self.file.get().ok()?;
        (&*file).rewind().ok()?;
        Some(file)
    }

    /// Returns whether the working file with this metadata is known to have the same content as an
    /// entry.
    fn knows(&self, entry: &EntryPlace, working: &Metadata) -> bool {
        let is_same = stat(Some(working)).is_some_and(|now| entry.stat == now);
        let second = |meta: &Metadata| {
            // Like git, compare times, device, inode, mode, owner and size.
            let age = meta.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
            Some(age.as_secs())
        };
        let seconds = second(working).zip(second(&self.meta));
        // A file can change again within the same second without getting a new time; git calls such
        // a file racily clean.
        is_same && seconds.is_some_and(|(working, index)| working < index)
    }

    /// Returns the layout and the registry's entry, if they are known.
    pub(super) fn registry(&self) -> Option<(&IndexLayout, &EntryPlace)> {
        let layout = self.layout.get()?;
        Some((layout, layout.entry.as_ref()?))
    }

    /// Reads the layout, and calls `look` with each entry.
    pub(super) fn list(
        &self,
        id_length: usize,
        path: &str,
        look: impl FnMut(SkippedEntry<'_>),
    ) -> Option<IndexLayout> {
        IndexLayout::read(&*self.rewound()?, self.meta.len(), id_length, path, look)
    }
}

impl Repo {
    /// Takes a quick look at an index. Returns `None` if that is not enough, in which case
    /// [`Repo::index`] has to read the index.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn peek(&self, file: &IndexFile) -> Result<Option<IndexPeek>, GitError> {
        let Some(reader) = IndexReader::open(file.path())? else { return Ok(None) };
        let id_length = self.gix.object_hash().len_in_bytes();
        // Only the start and end of the file are read, so this is just as fast in a large
        // repository.
        let file = reader.rewound();
        let tail = file
            .and_then(|file| IndexTail::read(&*file, reader.meta.len(), id_length, REGISTRY_PATH));
        Ok(tail.map(|IndexTail { entry, root, layout }| {
            reader.layout.get_or_init(|| layout);
            IndexPeek { root: TreeId(root), registry: StagedRegistry::new(reader, entry) }
        }))
    }

    /// Calls `look` with each entry in an index, reusing the open file from `peek` if there is one,
    /// and with the size in bytes of its working file when git last looked; 0 if git does not know.
    /// Returns `None` if there is no index, or if some entries may be missing because only
    /// [`Repo::index`] can read the format.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn listing(
        &self,
        file: &IndexFile,
        peek: Option<IndexPeek>,
        mut look: impl FnMut(&[u8], Entry, u32),
    ) -> Result<Option<Listing>, GitError> {
        let reader = match peek {
            Some(peek) => Some(peek.registry.reader),
            None => IndexReader::open(file.path())?,
        };
        let Some(reader) = reader else { return Ok(None) };
        let id_length = self.gix.object_hash().len_in_bytes();
        let layout = reader.list(id_length, REGISTRY_PATH, |skipped| {
            if let Some(blob) = BlobId::from_bytes(skipped.id) {
                look(skipped.path, Entry { mode: mode_of(skipped.mode), blob }, skipped.size);
            }
        });
        Ok(layout.filter(IndexLayout::is_complete).map(|layout| {
            let place = reader.layout.get_or_init(|| layout).entry.clone();
            Listing { registry: place.map(|place| StagedRegistry::new(reader, place)) }
        }))
    }

    /// Returns the checksum at the end of an index, which identifies its content, or `None` if the
    /// checksum cannot be read or git left it out.
    pub fn index_checksum(&self, file: &IndexFile) -> Option<BlobId> {
        let mut sum = vec![0; self.gix.object_hash().len_in_bytes()];
        let mut opened = File::open(file.path()).ok()?;
        opened.seek(SeekFrom::End(-i64::try_from(sum.len()).ok()?)).ok()?;
        opened.read_exact(&mut sum).ok()?;
        // With index.skipHash, git writes zeros, which identify nothing.
        BlobId::from_bytes(&sum).filter(|_| sum.iter().any(|byte| *byte != 0))
    }
}
