//! [`CacheKey`] and [`CacheValue`]: what a cache stores.

use std::hash::Hash;

/// The key of a cache, which determines the cache.
pub trait CacheKey: Hash {
    /// What is stored under a key.
    type Value: CacheValue;
    /// The name of the file: a single word.
    const NAME: &'static str;
    /// The version of the rules by which values are computed: a single word. Values by other rules
    /// are not read.
    const RULES: &'static str;
    /// The size in bytes above which the file is pruned.
    const LIMIT: usize;
}

/// A value of a cache.
pub trait CacheValue: Sized {
    /// Returns the value as bytes.
    fn encode(&self) -> Vec<u8>;

    /// Parses such bytes.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

/// Splits a value at its spaces.
pub(super) fn words<const N: usize>(bytes: &[u8]) -> Option<[&str; N]> {
    std::str::from_utf8(bytes).ok()?.split(' ').collect::<Vec<_>>().try_into().ok()
}
