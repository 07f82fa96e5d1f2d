//! Which indexes were checked without findings: [`CheckKey`].

use idhooks_core::registry::BlobId;

use super::key::{CacheKey, CacheValue, words};

/// An index without findings on top of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckKey {
    /// HEAD, and the checksum of the index file.
    Checksum(BlobId, BlobId),
    /// HEAD, and the tree that the index represents.
    Tree(BlobId, BlobId),
}

/// The counts of a check without findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckCounts {
    /// Tracked files.
    pub files: usize,
    /// Records of the registry.
    pub identities: usize,
    /// Files that were not read, although they may carry an identity.
    pub unread: usize,
    /// The blob of the registry. The counts hold only as long as it exists.
    pub registry: BlobId,
}

impl CacheKey for CheckKey {
    type Value = CheckCounts;
    const NAME: &str = "checks";
    const RULES: &str = concat!("1-", env!("CARGO_PKG_VERSION"));
    const LIMIT: usize = 64 << 10;
}

impl CacheValue for CheckCounts {
    fn encode(&self) -> Vec<u8> {
        let CheckCounts { files, identities, unread, registry } = self;
        format!("{files} {identities} {unread} {registry}").into_bytes()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let [files, identities, unread, registry] = words(bytes)?;
        Some(CheckCounts {
            files: files.parse().ok()?,
            identities: identities.parse().ok()?,
            unread: unread.parse().ok()?,
            registry: registry.parse().ok()?,
        })
    }
}
