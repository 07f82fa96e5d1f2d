//! How git last saw the working files of the index.

use gix::index::entry::{Flags, Mode as IndexMode, Stage};
use idhooks_core::registry::RepoPath;

use super::{GitError, IndexFile, Repo};

/// A regular file of the index, as it stood when git last looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedFile {
    /// Its path.
    pub path: RepoPath,
    /// When it was last modified, in seconds and nanoseconds; some gits do not record the latter.
    pub modified: [u32; 2],
    /// The last 32 bits of its size.
    pub size: u32,
}

impl Repo {
    /// Returns the regular files of an index that are in the working tree. A missing index has none.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn indexed_files(&self, file: &IndexFile) -> Result<Vec<IndexedFile>, GitError> {
        if !file.path().exists() {
            return Ok(Vec::new());
        }
        let (hash, options) = (self.gix.object_hash(), gix::index::decode::Options::default());
        let state = gix::index::File::at(file.path(), hash, true, options)
            .map_err(|error| GitError::reading("the index", &error))?;
        let is_file = |entry: &&gix::index::Entry| {
            let is_regular = [IndexMode::FILE, IndexMode::FILE_EXECUTABLE].contains(&entry.mode);
            is_regular
                && matches!(entry.stage(), Stage::Unconflicted | Stage::Ours)
                && !entry.flags.contains(Flags::SKIP_WORKTREE)
        };
        let indexed = |entry: &gix::index::Entry| {
            let path = RepoPath::new(&**entry.path(&state)).ok()?;
            let modified = [entry.stat.mtime.secs, entry.stat.mtime.nsecs];
            Some(IndexedFile { path, modified, size: entry.stat.size })
        };
        Ok(state.entries().iter().filter(is_file).filter_map(indexed).collect())
    }
}
