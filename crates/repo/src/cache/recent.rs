//! What the last commits deprecated or moved: [`RecentKey`].

use idhooks_core::plan::Recent;
use idhooks_core::registry::{BlobId, Origin, RepoPath};

use super::key::{CacheKey, CacheValue};

/// The blobs of the registries of a commit's first parent and its own. Only the last commits matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecentKey(pub [BlobId; 2]);

impl CacheKey for RecentKey {
    type Value = Recent;
    const NAME: &str = "recent";
    const RULES: &str = "1";
    const LIMIT: usize = 256 << 10;
}

/// Each record has its origin and its old path, which is empty if the record was deprecated, and ends
/// with a zero byte.
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
