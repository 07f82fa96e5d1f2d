//! A quick look at the index: the tree it stands for and its registry, without taking up its
//! entries.

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use crate::registry::{BlobId, Entry, Mode, REGISTRY_PATH};

use super::index_bytes::{Layout, STAT, cached_trees};
use super::{GitError, IndexFile, Repo, TreeId};

/// What an index holds, as far as a quick look can tell.
#[derive(Debug, Clone)]
pub struct Glance {
    /// The tree that git has cached for exactly this content.
    pub root: TreeId,
    /// The registry: a regular file.
    pub registry: Entry,
    pub(super) seen: Seen,
}

impl Glance {
    /// Returns whether the file is still as it was when it was read.
    pub fn is_current(&self, file: &IndexFile) -> bool {
        Seen::is_same(file.path(), &self.seen.meta)
    }
}

/// An index file as it was read.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) bytes: Vec<u8>,
    pub(super) meta: Metadata,
}

/// Shows no bytes, which may be many.
impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl Seen {
    /// Reads an index file; nothing where there is none.
    pub(super) fn read(file: &Path) -> Result<Option<Seen>, GitError> {
        let failed = |error| GitError::reading("the index", &error);
        let mut opened = match File::open(file) {
            Ok(opened) => opened,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        // Git replaces the file as a whole, so that this one can no longer change.
        let meta = opened.metadata().map_err(failed)?;
        let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0) + 1);
        opened.read_to_end(&mut bytes).map_err(failed)?;
        Ok(Some(Seen { bytes, meta }))
    }

    /// Returns whether the file that had this metadata is still there, as it was.
    pub(super) fn is_same(file: &Path, meta: &Metadata) -> bool {
        fs::metadata(file).is_ok_and(|now| stamp(&now) == stamp(meta))
    }
}

/// What no two files at one place have in common.
#[cfg(unix)]
fn stamp(meta: &Metadata) -> (Option<SystemTime>, u64, [u64; 2], [i64; 2]) {
    use std::os::unix::fs::MetadataExt;
    let changed = [meta.ctime(), meta.ctime_nsec()];
    (meta.modified().ok(), meta.len(), [meta.dev(), meta.ino()], changed)
}

/// What no two files at one place have in common.
#[cfg(not(unix))]
fn stamp(meta: &Metadata) -> (Option<SystemTime>, u64) {
    (meta.modified().ok(), meta.len())
}

impl Repo {
    /// Takes a quick look at an index; nothing where that cannot tell what it holds, which
    /// [`Repo::index`] can.
    ///
    /// # Errors
    /// An index that cannot be read.
    pub fn glance(&self, file: &IndexFile) -> Result<Option<Glance>, GitError> {
        let Some(seen) = Seen::read(file.path())? else { return Ok(None) };
        let found = look(&seen.bytes, self.gix.object_hash().len_in_bytes());
        Ok(found.map(|(root, blob)| {
            let registry = Entry { mode: Mode::Regular, blob };
            Glance { root: TreeId(root), registry, seen }
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

/// Returns the cached tree and the registry's blob in an index with ids of this length.
pub(super) fn look(bytes: &[u8], id_length: usize) -> Option<(BlobId, BlobId)> {
    let layout = Layout::read(bytes, id_length, REGISTRY_PATH)?;
    // An extension with a small letter changes what the entries mean.
    let changes = |name: &[u8; 4]| !name[0].is_ascii_uppercase();
    if !layout.is_whole || layout.extensions.iter().any(|extension| changes(&extension.name)) {
        return None;
    }
    let trees = cached_trees(bytes, &layout.extension(b"TREE")?.content, id_length)?;
    let root = trees.first().filter(|root| root.entries == Some(layout.entries))?;
    let id = |at: usize| BlobId::from_bytes(bytes.get(at..at + id_length)?);
    Some((id(root.id.start)?, id(layout.entry? + STAT)?))
}
