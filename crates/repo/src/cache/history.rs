//! Which commits of a history have no faults: [`HistoryKey`].

use idhooks_core::check::IdBinding;
use idhooks_core::registry::BlobId;

use super::key::{CacheKey, CacheValue};

/// A commit without faults, by its tree and the trees of its parents. Its value is the identities
/// that the commit adds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HistoryKey(pub Vec<BlobId>);

impl CacheKey for HistoryKey {
    type Value = Vec<IdBinding>;
    const NAME: &str = "history";
    const RULES: &str = "1";
    const LIMIT: usize = 64 << 20;
}

impl CacheValue for Vec<IdBinding> {
    fn encode(&self) -> Vec<u8> {
        let names: Vec<String> = self.iter().map(ToString::to_string).collect();
        names.join(" ").into_bytes()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let names = std::str::from_utf8(bytes).ok()?;
        names.split_whitespace().map(|name| name.parse().ok()).collect()
    }
}
