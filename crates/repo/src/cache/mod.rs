//! A clone's caches: one file each in `idhooks/cache` in the common git directory.
//!
//! A cache only holds data that can be recomputed, so any cache may be deleted at any time. To add
//! one, add a type to `keys.rs` that implements [`CacheKey`].
//!
//! # Format
//!
//! A file begins with the line `idhooks-cache <version> <name> <rules>`. The entries follow, oldest
//! first; if a key has several entries, the last one wins. All numbers are little-endian.
//!
//! | bytes | content |
//! |---|---|
//! | 8 | the length of the value |
//! | 8 | a checksum of the first line, the key and the value |
//! | 32 | the SHA-256 of the key |
//! | … | the value |
//!
//! Each process appends its entries in a single write, so several processes can write at the same
//! time. A file in another version counts as empty and is replaced; a damaged entry and everything
//! after it are dropped and replaced as well. An entry with a wrong checksum counts as missing.
//!
//! # Pruning
//!
//! A file that grows past its limit is replaced by its newest entries: as many as fit into half the
//! limit, but at least the last one.

mod keys;

use std::cell::{Cell, OnceCell};
use std::hash::{Hash, Hasher};
use std::{collections::HashMap, marker::PhantomData, path::Path};

use foldhash::fast::FixedState;
use sha2::{Digest, Sha256};

use crate::store::{StateDir, StateFile, StoreError, digest};

pub use keys::{
    CacheKey, CacheValue, CheckCounts, CheckKey, ConsistencyKey, CoverageKey, FactsKey, FactsText,
    GeneratedKey, HistoryKey, LintKey, PathsKey, RecentChange, RecentKey, ReferencesKey,
    RegistryPaths, SegmentsKey,
};

/// The version of the file format.
const FORMAT: u32 = 1;
/// The directory that contains the files.
const DIR: &str = "cache";
/// The number of lookups that search the entries linearly before an index is built. Building it
/// costs as much as ten linear searches.
const SEARCHES: usize = 8;
/// The caches that earlier versions kept directly in the state directory. They are removed.
const FORMER: [&str; 5] = ["checks", "coverage", "histories", "paths", "verdicts"];

/// An open cache: its file's content, and the entries inserted since it was opened.
#[derive(Debug)]
pub struct Cache<K> {
    file: StateFile,
    bytes: Vec<u8>,
    /// The length of the file's first line.
    start: usize,
    /// The number of bytes already in the file; 0 if the file has to be replaced.
    saved: usize,
    lookups: Cell<usize>,
    /// The position of the last entry for each key.
    index: OnceCell<HashMap<KeyHash, usize, FixedState>>,
    key: PhantomData<K>,
}

impl<K: CacheKey> Cache<K> {
    /// Reads a cache from this state directory.
    pub fn open(state: &StateDir) -> Self {
        let file = state.file(Path::new(DIR).join(K::NAME));
        let first = format!("idhooks-cache {FORMAT} {} {}\n", K::NAME, K::RULES).into_bytes();
        let start = first.len();
        // A file in another version is not migrated: everything in it can be recomputed.
        let read = file.read().ok().flatten().filter(|bytes| bytes.starts_with(&first));
        let saved = read.as_ref().map_or(0, Vec::len);
        let bytes = read.unwrap_or(first);
        let (lookups, index) = (Cell::default(), OnceCell::default());
        let mut cache = Cache { file, bytes, start, saved, lookups, index, key: PhantomData };
        let end = cache.entries().last().map_or(start, |(at, entry)| at + entry.length());
        // Entries after a damaged one cannot be found, so the next write replaces the whole file.
        if cache.saved != end {
            cache.bytes.truncate(end);
            cache.saved = 0;
        }
        cache
    }

    /// Returns the value for a key.
    pub fn get(&self, key: &K) -> Option<K::Value> {
        K::Value::decode(self.value(&KeyHasher::hash(key))?)
    }

    /// Sets the value for a key.
    pub fn insert(&mut self, key: &K, value: &K::Value) {
        let (key, value) = (KeyHasher::hash(key), value.encode());
        // Without this check, every process would append the same value.
        if self.value(&key) == Some(&*value) {
            return;
        }
        if let Some(index) = self.index.get_mut() {
            index.insert(key, self.bytes.len());
        }
        let numbers = [value.len() as u64, self.checksum(&key, &value)];
        self.bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        self.bytes.extend(key);
        self.bytes.extend(value);
    }

    /// Writes the inserted entries. If a cache cannot be written, the only cost is time.
    pub fn save(&mut self) {
        let is_empty = self.bytes.len() == self.start;
        if self.saved != self.bytes.len() && !is_empty && self.write().is_ok() {
            self.saved = self.bytes.len();
        }
    }

    fn write(&mut self) -> Result<(), StoreError> {
        if self.bytes.len() > K::LIMIT {
            self.prune();
        }
        if self.saved > 0 {
            return self.file.append(&self.bytes[self.saved..]);
        }
        for name in FORMER {
            // A file that cannot be removed does no harm.
            let _ = self.file.dir().file(name).remove();
        }
        self.file.replace(&self.bytes)
    }

    /// Keeps the newest entries.
    fn prune(&mut self) {
        let starts = || self.entries().map(|(at, _)| at);
        // Prune to half the limit, so that the next entries do not cause the file to be pruned
        // again.
        let fits = starts().find(|at| self.bytes.len() - at <= K::LIMIT / 2);
        let from = fits.or(starts().last()).unwrap_or(self.start);
        self.bytes.drain(self.start..from);
        self.saved = 0;
        self.index = OnceCell::default();
    }

    /// Returns the entries with their positions, up to the first damaged one.
    fn entries(&self) -> impl Iterator<Item = (usize, CacheEntry<'_>)> {
        let mut at = self.start;
        std::iter::from_fn(move || {
            let entry = CacheEntry::parse(&self.bytes[at..])?;
            let start = at;
            at += entry.length();
            Some((start, entry))
        })
    }

    fn value(&self, key: &KeyHash) -> Option<&[u8]> {
        let entry = match self.lookups.replace(self.lookups.get() + 1) {
            // Entries are only ever appended, so the last entry for a key wins.
            ..SEARCHES => self.entries().filter(|(_, entry)| entry.key == key).last()?.1,
            _ => {
                let starts = || self.entries().map(|(at, entry)| (*entry.key, at));
                let index = self.index.get_or_init(|| starts().collect());
                CacheEntry::parse(&self.bytes[*index.get(key)?..])?
            }
        };
        let is_intact = entry.key == key && entry.sum == self.checksum(key, entry.value);
        is_intact.then_some(entry.value)
    }

    fn checksum(&self, key: &KeyHash, value: &[u8]) -> u64 {
        // The first line is included in the checksum, because a process running another version may
        // append to a file that has just been replaced.
        digest((&self.bytes[..self.start], key, value))
    }
}

/// An entry in a file.
struct CacheEntry<'a> {
    sum: u64,
    key: &'a KeyHash,
    value: &'a [u8],
}

impl<'a> CacheEntry<'a> {
    /// Parses the entry at the start of `bytes`.
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk()?;
        let (sum, rest) = rest.split_first_chunk()?;
        let (key, rest) = rest.split_first_chunk()?;
        let value = rest.get(..usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        Some(CacheEntry { sum: u64::from_le_bytes(*sum), key, value })
    }

    fn length(&self) -> usize {
        16 + self.key.len() + self.value.len()
    }
}

/// A key's SHA-256.
type KeyHash = [u8; 32];

/// Hashes keys.
struct KeyHasher(Sha256);

impl KeyHasher {
    fn hash(key: &impl Hash) -> KeyHash {
        let mut hasher = KeyHasher(Sha256::new());
        key.hash(&mut hasher);
        hasher.0.finalize().into()
    }
}

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    // The result is the SHA-256 hash of the bytes; this 64-bit value is never used.
    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests;
