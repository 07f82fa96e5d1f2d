//! The state of working files as last recorded in the index.

use std::fs::Metadata;
use std::time::SystemTime;

use gix::index::entry::{Flags, Mode as IndexMode, Stage};
use idhooks_core::registry::{BlobId, RepoPath};

use super::{GitError, IndexFile, Repo};

/// A regular file in the index, as git last saw it in the working tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedFile {
    /// Its path.
    pub path: RepoPath,
    /// When it was last modified, in seconds and nanoseconds; some builds of git do not record
    /// nanoseconds.
    pub modified: [u32; 2],
    /// The last 32 bits of its size.
    pub size: u32,
    /// Its content.
    pub blob: BlobId,
    /// The last 32 bits of its inode number; zero if git does not record it.
    inode: u32,
    /// Whether the file may have been modified again, at the same moment, after git looked at it.
    is_racy: bool,
}

impl IndexedFile {
    /// Returns whether the working file with this metadata is certain to have the content in the
    /// index.
    pub fn is_unchanged(&self, working: &Metadata) -> bool {
        let Some([seconds, nanoseconds]) = modified(working) else { return false };
        let [indexed, fraction] = self.modified;
        !self.is_racy
            // An index entry's size has 32 bits, so the sizes are compared modulo 2^32.
            && working.len() as u32 == self.size
            && indexed == seconds
            // Some builds of git do not record nanoseconds.
            && (fraction == 0 || fraction == nanoseconds)
            && (self.inode == 0 || inode(working).is_none_or(|inode| inode == self.inode))
    }
}

/// Returns the time a file was last modified, in seconds and nanoseconds.
fn modified(meta: &Metadata) -> Option<[u32; 2]> {
    let age = meta.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some([age.as_secs() as u32, age.subsec_nanos()])
}

#[cfg(unix)]
fn inode(meta: &Metadata) -> Option<u32> {
    Some(std::os::unix::fs::MetadataExt::ino(meta) as u32)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> Option<u32> {
    None
}

impl Repo {
    /// Returns the regular files in an index that are in the working tree, or none if the index
    /// does not exist.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn indexed_files(&self, file: &IndexFile) -> Result<Vec<IndexedFile>, GitError> {
        let Some(state) = self.whole_index(file)? else { return Ok(Vec::new()) };
        let written = std::fs::metadata(file.path()).ok().and_then(|meta| modified(&meta));
        let is_file = |entry: &&gix::index::Entry| {
            let is_regular = [IndexMode::FILE, IndexMode::FILE_EXECUTABLE].contains(&entry.mode);
            is_regular
                // If a path has conflicts, any one of its stages will do.
                && matches!(entry.stage(), Stage::Unconflicted | Stage::Ours)
                && !entry.flags.contains(Flags::SKIP_WORKTREE)
        };
        let indexed = |entry: &gix::index::Entry| {
            let path = RepoPath::new(&**entry.path(&state)).ok()?;
            let modified = [entry.stat.mtime.secs, entry.stat.mtime.nsecs];
            let (size, inode) = (entry.stat.size, entry.stat.ino);
            let blob = BlobId::from_bytes(entry.id.as_slice())?;
            // A change within the same second may not show in the file's time, so git then compares
            // the content.
            let is_racy = written.is_none_or(|[seconds, _]| seconds <= modified[0]);
            Some(IndexedFile { path, modified, size, blob, inode, is_racy })
        };
        Ok(state.entries().iter().filter(is_file).filter_map(indexed).collect())
    }
}
