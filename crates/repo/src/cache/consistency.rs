//! What is known about commits: [`ConsistencyKey`].

use idhooks_core::registry::BlobId;

use super::key::{CacheKey, CacheValue};

/// A question about a commit that a hook asks again and again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ConsistencyKey {
    /// Is a commit with these trees (its own, then its parents') consistent?
    IsConsistent(Vec<BlobId>),
    /// Does a commit of the first id, a tree, on these parents have every record of the commits
    /// before it?
    IsComplete(Vec<BlobId>),
    /// Was this problem of a tree reported? An empty text is an inconsistent registry.
    IsReported(BlobId, String),
}

impl CacheKey for ConsistencyKey {
    type Value = bool;
    const NAME: &str = "consistency";
    const RULES: &str = "1";
    const LIMIT: usize = 128 << 10;
}

impl CacheValue for bool {
    fn encode(&self) -> Vec<u8> {
        vec![u8::from(*self)]
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let [flag] = bytes else { return None };
        Some(*flag == 1)
    }
}
