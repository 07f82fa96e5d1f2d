//! How many files of a tree have an identity: [`CoverageKey`].

use idhooks_core::check::Coverage;
use idhooks_core::registry::BlobId;

use super::key::{CacheKey, CacheValue, words};

/// A tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CoverageKey(pub BlobId);

impl CacheKey for CoverageKey {
    type Value = Coverage;
    const NAME: &str = "coverage";
    const RULES: &str = "1";
    const LIMIT: usize = 4 << 20;
}

impl CacheValue for Coverage {
    fn encode(&self) -> Vec<u8> {
        format!("{} {}", self.files, self.covered).into_bytes()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let [files, covered] = words(bytes)?;
        Some(Coverage { files: files.parse().ok()?, covered: covered.parse().ok()? })
    }
}
