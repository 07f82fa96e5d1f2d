//! [`PathIndex`]: finds the active record at a path; compact enough to be stored in a file.

use std::{hash::BuildHasher, io::Read};

use foldhash::fast::FixedState;

use crate::registry::{Id, Status};

use super::PartialRegistry;

/// The hashes of active records' paths, with their identities, and the identities that are aliases
/// or claims.
///
/// Callers must check a result against the record, because two paths may have the same hash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathIndex {
    /// The hashes and identities, sorted, without duplicate hashes.
    paths: Vec<(u64, Id)>,
    /// The aliases, and the claims of records with a different identity, sorted.
    others: Vec<Id>,
}

impl PathIndex {
    /// Builds a registry's index. Returns `None` if [`PartialRegistry::of`] refuses the registry,
    /// or if two active records may be at the same path.
    pub fn of(text: impl Read) -> Option<Self> {
        let mut index = PathIndex::default();
        let partial = PartialRegistry::of(text, |line| {
            if line.status == Status::Active {
                index.paths.push((hash(line.path), line.id));
            }
            false
        })?;
        for record in &partial.registry().allocations {
            if record.is_active() {
                index.paths.push((hash(record.path.as_bytes()), record.id));
            }
            let claim = Some(record.claim).filter(|claim| *claim != record.id);
            index.others.extend(record.aliases.iter().copied().chain(claim));
        }
        index.paths.sort_unstable();
        index.others.sort_unstable();
        let is_plain = index.paths.windows(2).all(|pair| pair[0].0 != pair[1].0);
        is_plain.then_some(index)
    }

    /// Returns the identity of the only active record that may be at a path.
    pub fn at(&self, path: &[u8]) -> Option<Id> {
        let wanted = hash(path);
        let found = self.paths.binary_search_by_key(&wanted, |(hash, _)| *hash);
        found.ok().map(|n| self.paths[n].1)
    }

    /// Returns whether an identity is an alias, or is claimed by a record with a different
    /// identity.
    pub fn is_named(&self, id: Id) -> bool {
        self.others.binary_search(&id).is_ok()
    }

    /// Returns the index as bytes, 16 per path.
    pub fn to_bytes(&self) -> Vec<u8> {
        let paths = self.paths.iter().flat_map(|(hash, id)| [*hash, id.number()]);
        let numbers = [self.paths.len() as u64].into_iter().chain(paths);
        let numbers = numbers.chain(self.others.iter().map(|id| id.number()));
        numbers.flat_map(u64::to_le_bytes).collect()
    }

    /// Parses an index stored as bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (numbers, []) = bytes.as_chunks::<8>() else { return None };
        let (count, numbers) = numbers.split_first()?;
        let length = usize::try_from(u64::from_le_bytes(*count)).ok()?.checked_mul(2)?;
        let (paths, others) = numbers.split_at_checked(length)?;
        let id = |bytes: [u8; 8]| Id::from_number(u64::from_le_bytes(bytes));
        let (paths, _) = paths.as_chunks::<2>();
        let paths = paths.iter().map(|[hash, at]| Some((u64::from_le_bytes(*hash), id(*at)?)));
        let others = others.iter().map(|bytes| id(*bytes));
        Some(PathIndex {
            paths: paths.collect::<Option<_>>()?,
            others: others.collect::<Option<_>>()?,
        })
    }
}

fn hash(path: &[u8]) -> u64 {
    // The seed is fixed, because the index is stored in a file that other processes read.
    FixedState::with_seed(0).hash_one(path)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::super::seek_record;
    use super::*;

    const HEAD: &str =
        r#"{"schema_version":"1.0","scope":"260118","counters":{},"metadata":{},"allocations":["#;

    fn record(n: u32, path: &str, status: &str, more: &str) -> String {
        format!(
            r#"{{"id":"01100{n:05}260118","file_path":"{path}","allocated_at":"2026-01-31T00:00:00Z","status":"{status}","metadata":{{"origin":"{n:016x}"{more}}}}}"#
        )
    }

    fn text(records: &[String]) -> String {
        format!("{HEAD}\n{}\n]}}\n", records.join(",\n"))
    }

    fn id(n: u32) -> Id {
        format!("01100{n:05}260118").parse().expect("an identity")
    }

    #[test]
    fn active_records_are_found_by_path() {
        let records = [
            record(1, "a", "active", ""),
            record(2, "a", "deprecated", ""),
            record(3, "b", "superseded", ""),
            record(4, "\\\"", "active", r#","aliases":["0110000009260118"]"#),
            record(5, "c\u{fffd}", "active", r#","path_hex":"63ff""#),
        ];
        let index = PathIndex::of(text(&records).as_bytes()).expect("canonical");
        let found = [&b"a"[..], b"b", b"\"", b"c\xff"].map(|path| index.at(path));
        assert_eq!(found, [Some(id(1)), None, Some(id(4)), Some(id(5))]);
        assert_eq!([4, 9].map(|n| index.is_named(id(n))), [false, true]);
        let bytes = index.to_bytes();
        assert_eq!(PathIndex::from_bytes(&bytes), Some(index));
        for length in 0..8 {
            assert_eq!(PathIndex::from_bytes(&bytes[..length]), None);
        }
        let twice = [record(1, "a", "active", ""), record(2, "a", "active", "")];
        assert_eq!(PathIndex::of(text(&twice).as_bytes()), None);
    }

    #[test]
    fn every_record_is_found_by_its_place() {
        for count in [1, 2, 3, 50, 1000] {
            let long = |n: u32| "x".repeat(if n.is_multiple_of(7) { 3000 } else { 1 });
            let records = (1..=count).map(|n| record(2 * n, &long(n), "deprecated", ""));
            let text = text(&records.collect::<Vec<_>>());
            for n in 1..=2 * count + 1 {
                let found = seek_record(Cursor::new(&text), text.len() as u64, id(n));
                assert_eq!(found.map(|r| r.id), (n % 2 == 0).then_some(id(n)), "{n} of {count}");
            }
        }
        assert_eq!(seek_record(Cursor::new(&b""[..]), 0, id(1)), None);
    }
}
