//! [`IndexFile`]: the location of an index.

use std::path::{Path, PathBuf};

/// The path to an index file.
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

    /// Returns the path of the lock file.
    pub fn lock(&self) -> PathBuf {
        lock_of(&self.0)
    }

    /// If this is the temporary index that git uses for a partial commit (`next-index-<pid>.lock`),
    /// returns the index that git will put in place afterwards.
    pub fn sibling(&self) -> Option<IndexFile> {
        let name = self.0.file_name()?.to_str()?;
        // After `git commit <path>`, the index that git keeps is in `index.lock`.
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
