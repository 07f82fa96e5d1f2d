//! [`IndexFile`]: where an index is.

use std::path::{Path, PathBuf};

/// An index file's path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFile(PathBuf);

impl IndexFile {
    pub(super) fn at(path: PathBuf) -> Self {
        IndexFile(path)
    }

    /// Returns its absolute path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Returns the path of its lock file.
    pub fn lock(&self) -> PathBuf {
        lock_of(&self.0)
    }

    /// Returns the index that git will put in place after a partial commit, if this one is the
    /// temporary index with the tree to be committed (`next-index-<pid>.lock`).
    pub fn sibling(&self) -> Option<IndexFile> {
        let name = self.0.file_name()?.to_str()?;
        // git uses the name `index.lock` for the index that remains after `git commit <path>`.
        let partial = name.starts_with("next-index-") && name.ends_with(".lock");
        partial.then(|| IndexFile(self.0.with_file_name("index.lock")))
    }
}

/// Returns the path of git's lock on an index file.
pub(super) fn lock_of(index: &Path) -> PathBuf {
    let mut path = index.as_os_str().to_owned();
    path.push(".lock");
    path.into()
}
