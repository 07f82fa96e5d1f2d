//! The cached path index of one registry: `idhooks/paths` in the common git directory.
//!
//! It may be deleted at any time.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;
use idhooks_core::registry::{BlobId, PathIndex};

use super::{StateDir, StateFile, StoreError};

/// The first line of the file. Files of other versions are not read.
const RULES: &str = concat!("idhooks-paths-1-", env!("CARGO_PKG_VERSION"), "\n");

/// The file with the path index of the registry that was used last.
#[derive(Debug, Clone)]
pub struct PathFile(StateFile);

/// A path index, and a working file known to hold its registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPaths {
    /// The index.
    pub index: PathIndex,
    /// The digest of the working file's stamp, if one is known.
    pub file: Option<u64>,
}

impl PathFile {
    /// Returns the file of this state directory.
    pub fn in_dir(state: &StateDir) -> Self {
        PathFile(state.file("paths"))
    }

    /// Returns the cached paths of the registry with this blob.
    pub fn recall(&self, registry: BlobId) -> Option<KnownPaths> {
        let bytes = self.0.read().ok()??;
        let rest = bytes.strip_prefix(RULES.as_bytes())?;
        let (sum, rest) = rest.split_first_chunk()?;
        let content = rest.strip_prefix(registry.as_bytes())?;
        if u64::from_le_bytes(*sum) != digest(rest) {
            return None;
        }
        let (file, index) = content.split_first_chunk()?;
        let file = Some(u64::from_le_bytes(*file)).filter(|file| *file != 0);
        Some(KnownPaths { index: PathIndex::from_bytes(index)?, file })
    }

    /// Caches the paths of a registry, in place of the earlier ones.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn remember(&self, registry: BlobId, paths: &KnownPaths) -> Result<(), StoreError> {
        let file = paths.file.unwrap_or(0).to_le_bytes();
        let rest = [registry.as_bytes(), &file, &paths.index.to_bytes()].concat();
        let sum = digest(&rest[..]).to_le_bytes();
        self.0.replace(&[RULES.as_bytes(), &sum, &rest].concat())
    }
}

/// Returns a digest that detects accidental changes, but not deliberate ones.
pub(super) fn digest(what: impl Hash) -> u64 {
    FixedState::with_seed(1).hash_one(what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;

    #[test]
    fn only_an_intact_file_is_read() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = PathFile::in_dir(&StateDir::of(dir.path(), Sharing::default()));
        let [one, other]: [BlobId; 2] =
            ["1", "2"].map(|digit| digit.repeat(40).parse().expect("an id"));
        assert_eq!(file.recall(one), None);
        for file_digest in [None, Some(7)] {
            let paths = KnownPaths { index: PathIndex::default(), file: file_digest };
            file.remember(one, &paths).expect("writable");
            assert_eq!(file.recall(one), Some(paths));
            assert_eq!(file.recall(other), None);
        }
        let whole = std::fs::read(file.0.path()).expect("there");
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            std::fs::write(file.0.path(), damaged).expect("writable");
            assert_eq!(file.recall(one), None);
            std::fs::write(file.0.path(), &whole[..at]).expect("writable");
            assert_eq!(file.recall(one), None);
        }
    }
}
