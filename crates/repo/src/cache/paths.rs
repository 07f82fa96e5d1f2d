//! Where the records of a registry are: [`PathsKey`].

use idhooks_core::registry::{BlobId, PathIndex};

use super::key::{CacheKey, CacheValue};

/// The blob of a registry. Only the registry that was used last is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PathsKey(pub BlobId);

/// The path index of a registry, and a working file known to hold that registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryPaths {
    /// The index.
    pub index: PathIndex,
    /// The digest of the working file's stamp, if one is known.
    pub file: Option<u64>,
}

impl CacheKey for PathsKey {
    type Value = RegistryPaths;
    const NAME: &str = "paths";
    const RULES: &str = concat!("1-", env!("CARGO_PKG_VERSION"));
    const LIMIT: usize = 0;
}

impl CacheValue for RegistryPaths {
    fn encode(&self) -> Vec<u8> {
        [&self.file.unwrap_or(0).to_le_bytes(), &*self.index.to_bytes()].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (file, index) = bytes.split_first_chunk()?;
        let file = Some(u64::from_le_bytes(*file)).filter(|file| *file != 0);
        Some(RegistryPaths { index: PathIndex::from_bytes(index)?, file })
    }
}
