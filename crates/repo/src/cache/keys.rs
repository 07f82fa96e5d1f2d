//! [`CacheKey`] and [`CacheValue`]: what a cache contains, and the list of all caches.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::Hash;
use std::str::FromStr;

use idhooks_core::check::{Coverage, IdBinding};
use idhooks_core::plan::Recent;
use idhooks_core::registry::{BlobId, Origin, PathIndex, Registry, RepoPath};

use crate::events::{Edit, EventKind};
use crate::git::{DeflatedSegment, Segments};

/// A cache's key type, which identifies the cache.
pub trait CacheKey: Hash {
    /// The value stored under a key.
    type Value: CacheValue;
    /// The name of the cache file: a single word.
    const NAME: &'static str;
    /// The version of the rules for computing values: a single word. Values computed under a
    /// different version are ignored.
    const RULES: &'static str;
    /// The size in bytes above which the file is pruned.
    const LIMIT: usize;
}

/// A value in a cache.
pub trait CacheValue: Sized {
    /// Returns the value as bytes.
    fn encode(&self) -> Vec<u8>;

    /// Parses the bytes returned by [`Self::encode`].
    fn decode(bytes: &[u8]) -> Option<Self>;
}

/// Splits a value at spaces.
fn words<const N: usize>(bytes: &[u8]) -> Option<[&str; N]> {
    std::str::from_utf8(bytes).ok()?.split(' ').collect::<Vec<_>>().try_into().ok()
}

/// An index that has no findings when compared with HEAD.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckKey {
    /// HEAD, and the checksum of the index file.
    Checksum(BlobId, BlobId),
    /// HEAD, and the tree that the index represents.
    Tree(BlobId, BlobId),
}

/// The counts from a check without findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckCounts {
    /// Tracked files.
    pub files: usize,
    /// Records in the registry.
    pub identities: usize,
    /// Files that were not read, although they might carry an identity.
    pub unread: usize,
    /// The registry's blob. The counts are only valid while this blob exists.
    pub registry: BlobId,
}

impl CacheKey for CheckKey {
    type Value = CheckCounts;
    const NAME: &str = "checks";
    // Another version of idhooks may report more findings. Version 2: references have none either.
    const RULES: &str = concat!("2-", env!("CARGO_PKG_VERSION"));
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

/// A question that hooks ask about commits over and over.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ConsistencyKey {
    /// Is a commit consistent, given its own tree followed by its parents' trees?
    IsConsistent(Vec<BlobId>),
    /// Does a commit with the first ID as its tree, on top of these parents, have every record from
    /// the commits before it?
    IsComplete(Vec<BlobId>),
    /// Did a command stage the second registry, on top of the first one in HEAD?
    IsStaged([BlobId; 2]),
    /// Has this problem been reported for a tree? An empty string stands for an inconsistent
    /// registry.
    IsReported(BlobId, String),
}

impl CacheKey for ConsistencyKey {
    type Value = bool;
    const NAME: &str = "consistency";
    // Version 2: a legacy file that is out of step makes a commit inconsistent. Version 3: a commit
    // made after files have been put back counts as incomplete.
    const RULES: &str = "3";
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

/// A commit without faults, identified by its tree and its parents' trees. The value is the
/// identities that the commit adds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HistoryKey(pub Vec<BlobId>);

impl CacheKey for HistoryKey {
    type Value = Vec<IdBinding>;
    const NAME: &str = "history";
    const RULES: &str = "1";
    const LIMIT: usize = 64 << 20;
}

/// The items as a string, separated by spaces.
impl<T: fmt::Display + FromStr> CacheValue for Vec<T> {
    fn encode(&self) -> Vec<u8> {
        let items: Vec<String> = self.iter().map(ToString::to_string).collect();
        items.join(" ").into_bytes()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let items = std::str::from_utf8(bytes).ok()?;
        items.split_whitespace().map(|item| item.parse().ok()).collect()
    }
}

/// A registry's blob. Only the most recently used registry is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PathsKey(pub BlobId);

/// A registry's path index, and a working file known to hold that registry.
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
    // In a large repository, the path index takes megabytes, so only the newest one is kept.
    const LIMIT: usize = 0;
}

impl CacheValue for RegistryPaths {
    fn encode(&self) -> Vec<u8> {
        [&self.file.unwrap_or(0).to_le_bytes(), &*self.index.to_bytes()].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (file, index) = bytes.split_first_chunk()?;
        // Zero stands for an unknown stamp.
        let file = Some(u64::from_le_bytes(*file)).filter(|file| *file != 0);
        Some(RegistryPaths { index: PathIndex::from_bytes(index)?, file })
    }
}

/// A registry's blob, which was stored here in segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SegmentsKey(pub BlobId);

impl CacheKey for SegmentsKey {
    type Value = Segments;
    const NAME: &str = "segments";
    const RULES: &str = "1";
    const LIMIT: usize = 64 << 10;
}

impl CacheValue for Segments {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = self.first.to_le_bytes().to_vec();
        for DeflatedSegment { length, deflated, adler, text_digest, digest } in &self.list {
            bytes.extend([length, deflated, adler].into_iter().flat_map(|n| n.to_le_bytes()));
            bytes.extend([text_digest, digest].into_iter().flat_map(|n| n.to_le_bytes()));
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first_chunk()?;
        let (list, []) = rest.as_chunks::<28>() else { return None };
        let segment = |bytes: &[u8; 28]| {
            let (numbers, digests) = bytes.split_first_chunk::<12>()?;
            let ([length, deflated, adler], []) = numbers.as_chunks() else { return None };
            let [length, deflated, adler] =
                [length, deflated, adler].map(|number| u32::from_le_bytes(*number));
            let ([text, digest], []) = digests.as_chunks() else { return None };
            let [text_digest, digest] = [text, digest].map(|number| u64::from_le_bytes(*number));
            Some(DeflatedSegment { length, deflated, adler, text_digest, digest })
        };
        let list = list.iter().map(segment).collect::<Option<_>>()?;
        Some(Segments { first: u64::from_le_bytes(*first), list })
    }
}

/// The registry blobs in a commit's first parent and in the commit itself. Only the latest commits
/// matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecentKey(pub [BlobId; 2]);

impl CacheKey for RecentKey {
    type Value = RecentChange;
    const NAME: &str = "recent";
    const RULES: &str = "2";
    const LIMIT: usize = 256 << 10;
}

/// The differences between two registries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecentChange {
    /// The records that were deprecated or moved.
    pub recent: Recent,
    /// The number of records for each kind of event.
    pub counts: BTreeMap<EventKind, usize>,
}

impl RecentChange {
    /// Compares two registries, which only need to contain the records that differ.
    pub fn between(before: &Registry, after: &Registry) -> Self {
        let recent = Recent::between(Some(before), Some(after));
        RecentChange { recent, counts: Edit::counts(before, after) }
    }
}

/// The counts are words and numbers separated by spaces, ending with a line feed.
impl CacheValue for RecentChange {
    fn encode(&self) -> Vec<u8> {
        let counts = self.counts.iter().map(|(kind, count)| format!("{kind} {count}"));
        let counts = counts.collect::<Vec<_>>().join(" ");
        [counts.as_bytes(), b"\n", &self.recent.encode()].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let mut words = std::str::from_utf8(&bytes[..end]).ok()?.split_whitespace();
        let mut counts = BTreeMap::new();
        while let Some(kind) = words.next() {
            counts.insert(EventKind::parse(kind)?, words.next()?.parse().ok()?);
        }
        Some(RecentChange { recent: Recent::decode(&bytes[end + 1..])?, counts })
    }
}

/// Each record consists of its origin and its old path (empty if the record was deprecated), and
/// ends with a zero byte.
impl CacheValue for Recent {
    fn encode(&self) -> Vec<u8> {
        let deprecated = self.deprecated.iter().map(|origin| (origin, &[][..]));
        let moved = self.moved.iter().map(|(origin, path)| (origin, path.as_bytes()));
        let all = deprecated.chain(moved);
        all.flat_map(|(origin, path)| [origin.to_string().as_bytes(), path, &[0]].concat())
            .collect()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut recent = Recent::default();
        for record in bytes.split_inclusive(|byte| *byte == 0) {
            let (digits, path) = record.strip_suffix(&[0])?.split_first_chunk()?;
            let origin = Origin::from_digits(digits)?;
            match path {
                [] => drop(recent.deprecated.insert(origin)),
                path => drop(recent.moved.insert(origin, RepoPath::new(path).ok()?)),
            }
        }
        Some(recent)
    }
}

/// A Python file's blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FactsKey(pub BlobId);

/// The findings in a file, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactsText(pub String);

impl CacheKey for FactsKey {
    type Value = FactsText;
    const NAME: &str = "descriptors";
    const RULES: &str = concat!("1-", env!("CARGO_PKG_VERSION"));
    const LIMIT: usize = 64 << 20;
}

impl CacheValue for FactsText {
    fn encode(&self) -> Vec<u8> {
        self.0.clone().into_bytes()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        String::from_utf8(bytes.to_vec()).ok().map(FactsText)
    }
}

/// A file's blob, and a digest of the rules about the identifiers in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LintKey(pub BlobId, pub u64);

impl CacheKey for LintKey {
    type Value = FactsText;
    const NAME: &str = "lint";
    const RULES: &str = concat!("3-", env!("CARGO_PKG_VERSION"));
    const LIMIT: usize = 64 << 20;
}

/// A file that is searched for references.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReferencesKey<'f> {
    /// Its path, which decides where its own identity is.
    pub path: &'f RepoPath,
    /// Its blob.
    pub blob: BlobId,
    /// A digest of the spellings that count in it.
    pub spellings: u64,
}

impl CacheKey for ReferencesKey<'_> {
    type Value = FactsText;
    const NAME: &'static str = "references";
    const RULES: &'static str = concat!("2-", env!("CARGO_PKG_VERSION"));
    const LIMIT: usize = 128 << 20;
}

/// The hash of a generator's inputs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GeneratedKey(pub String);

impl CacheKey for GeneratedKey {
    /// The outputs' blobs, in the order the rule lists the outputs.
    type Value = Vec<BlobId>;
    const NAME: &str = "generated";
    const RULES: &str = "1";
    const LIMIT: usize = 1 << 20;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let origins = [1_u8, 2, 3].map(|n| format!("{n:016x}").parse::<Origin>().expect("digits"));
        let path = RepoPath::new("a\nb ü".as_bytes()).expect("a path");
        let recent = Recent {
            deprecated: [origins[0], origins[2]].into(),
            moved: [(origins[1], path)].into(),
        };
        let bytes = recent.encode();
        assert_eq!(Recent::decode(&bytes), Some(recent));
        assert_eq!(Recent::decode(&[]), Some(Recent::default()));
        assert_eq!(Recent::decode(&bytes[..bytes.len() - 1]), None);
    }
}
