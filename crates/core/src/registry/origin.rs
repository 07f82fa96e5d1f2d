//! [`Origin`]: identifies an allocation and determines which sequences it accepts.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

use super::{BlobId, Id, RepoPath, Sequence, TextError, Timestamp, hex};

/// How many generations to try.
const GENERATIONS: u32 = 4;

/// 64 bits that identify an allocation across all branches and clones, formatted as 16 hex digits.
///
/// Origins are deterministic: committing the same change twice results in the same allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(u64);

impl Origin {
    /// Returns the origin for allocating `path` with the content `blob`.
    ///
    /// `generation`, counted from 0, distinguishes allocations with the same bytes at the same
    /// path.
    pub fn of_file(path: &RepoPath, blob: BlobId, generation: u32) -> Self {
        let mut hash = Sha256::new();
        hash.update(path.as_bytes());
        // A path cannot contain this byte, so different pairs of path and content never hash the
        // same bytes.
        hash.update([0]);
        hash.update(blob.to_string());
        if generation > 0 {
            hash.update([0]);
            hash.update(generation.to_string());
        }
        Self::from_hash(hash)
    }

    /// Returns whether this is the origin for allocating `path` with the content `blob`. Only the
    /// first generations are tried; later ones come from files that were deleted and added over and
    /// over.
    pub fn is_of_file(self, path: &RepoPath, blob: BlobId) -> bool {
        (0..GENERATIONS).any(|generation| Origin::of_file(path, blob, generation) == self)
    }

    /// Returns the origin for a record that was written without one.
    ///
    /// The origin is computed from the text of the identity, the only reliable part of such a
    /// record.
    pub fn of_legacy(id: &str, allocated_at: Timestamp) -> Self {
        Self::from_hash(Self::legacy_hash(id, allocated_at))
    }

    /// Returns the origin for a record that another program added for `path` without an origin.
    ///
    /// If another program allocates numbers on two branches, it gives two files the same number,
    /// often with the same time, which may be just a date: only the path tells these allocations
    /// apart. `generation`, counted from 0, distinguishes allocations that also have the same path,
    /// for example if a file moved and the next file at its path got the same number.
    pub fn of_addition(id: Id, allocated_at: Timestamp, path: &RepoPath, generation: u32) -> Self {
        let mut hash = Self::legacy_hash(&id.to_string(), allocated_at);
        hash.update([0]);
        hash.update(path.as_bytes());
        if generation > 0 {
            hash.update([0]);
            hash.update(generation.to_string());
        }
        Self::from_hash(hash)
    }

    fn legacy_hash(id: &str, allocated_at: Timestamp) -> Sha256 {
        let mut hash = Sha256::new();
        hash.update("legacy");
        hash.update([0]);
        hash.update(id);
        hash.update([0]);
        hash.update(allocated_at.to_string());
        hash
    }

    /// Parses 16 lowercase hexadecimal digits; `None` for anything else.
    pub fn from_digits(digits: &[u8; 16]) -> Option<Self> {
        hex::number(digits).map(Origin)
    }

    /// Returns the 16 digits.
    pub fn digits(self) -> [u8; 16] {
        let mut digits = [0; 16];
        hex::write(&self.0.to_be_bytes(), &mut digits);
        digits
    }

    fn from_hash(hash: Sha256) -> Self {
        let digest = hash.finalize();
        let mut first = [0; 8];
        // With 64 bits, the probability that any two of a million allocations have the same origin
        // is about 3 in 100 million.
        first.copy_from_slice(&digest[..8]);
        Origin(u64::from_be_bytes(first))
    }

    /// Returns every sequence that the allocation accepts, in order of preference.
    ///
    /// The list exhausts its first block before it continues with the next one.
    pub fn sequences(self) -> impl Iterator<Item = Sequence> {
        self.sequences_from(self.block(0))
    }

    /// Returns the same sequences, but those above a bound come first, scattered over the blocks
    /// above it. If the bound is raised but the first sequence is still above it, that sequence
    /// stays first.
    pub fn sequences_above(self, bound: u32) -> impl Iterator<Item = Sequence> {
        // If all lists were simply cut off at the bound, those that start in a block below it would
        // all continue in the same block, where they collide; drawing another block scatters them
        // again. The draws do not depend on the bound, so raising the bound does not affect numbers
        // that are still above it.
        let lowest = u64::from(bound / 1000);
        let blocks = (0..MOST_DRAWS).map(|n| self.block(n));
        let block = blocks.into_iter().find(|block| *block >= lowest).unwrap_or(lowest);
        let above = self.sequences_from(block).filter(move |sequence| sequence.get() > bound);
        above.chain(self.sequences().filter(move |sequence| sequence.get() <= bound))
    }

    /// Returns the block for a draw; draw 0 is the block where the list normally starts.
    fn block(self, draw: u64) -> u64 {
        // This is SplitMix64's mixing function.
        let mixed = match draw {
            0 => self.0,
            _ => {
                let z = self.0.wrapping_add(draw.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                z ^ (z >> 31)
            }
        };
        mixed % 100
    }

    /// Returns every sequence, starting with those in this block.
    fn sequences_from(self, block: u64) -> impl Iterator<Item = Sequence> {
        // 997 is prime, so every step size visits all numbers in a block exactly once. A list
        // exhausts one block before it starts the next, so that a registry could be split by
        // thousands.
        let start = (self.0 / 100) % 997;
        let step = 1 + (self.0 / 99_700) % 996;
        (0..100).flat_map(move |j| {
            (0..997).filter_map(move |k| {
                let number = 1000 * ((block + j) % 100) + (start + k * step) % 997;
                Sequence::new(number as u32)
            })
        })
    }
}

/// How many blocks to draw when looking for one above a bound. With a bound of 98,999, only one
/// draw in a hundred succeeds.
const MOST_DRAWS: u64 = 4_000;

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

impl FromStr for Origin {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let digits = text.as_bytes().try_into().ok();
        let error = || TextError::new(text, "an origin of 16 lowercase hexadecimal digits");
        digits.and_then(Origin::from_digits).ok_or_else(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn list(origin: Origin, count: usize) -> Vec<u32> {
        origin.sequences().take(count).map(Sequence::get).collect()
    }

    #[test]
    fn raising_a_bound_leaves_what_is_above_it() {
        let origins = (1..500_u64).map(|n| Origin(n.wrapping_mul(0xd134_2543_de82_ef95)));
        let mut blocks = BTreeSet::new();
        for origin in origins {
            assert!(origin.sequences_above(0).take(2000).eq(origin.sequences().take(2000)));
            let mut first = 0;
            for bound in [0, 7, 20_000, 30_500, 60_000, 90_000, 98_000] {
                let next = origin.sequences_above(bound).next().expect("one").get();
                assert!(next > bound);
                assert!(
                    first <= bound || first == next,
                    "{origin}: {first}, then {next} above {bound}"
                );
                first = next;
                blocks.extend((bound == 60_000).then_some(next / 1000));
            }
        }
        assert_eq!(blocks, (60..100).collect());
    }

    #[test]
    fn every_sequence_is_in_the_list_once() {
        let origin: Origin = "c122650e81a52c85".parse().expect("valid");
        for bound in [0, 50_000, 99_500] {
            let all: BTreeSet<u32> = origin.sequences_above(bound).map(Sequence::get).collect();
            assert_eq!(all.len(), origin.sequences().count());
            assert_eq!(origin.sequences_above(bound).count(), all.len());
        }
    }

    fn of_file(path: &str, blob: &str, generation: u32) -> Origin {
        let path = RepoPath::new(path.as_bytes().to_vec()).expect("valid");
        Origin::of_file(&path, blob.parse().expect("valid"), generation)
    }

    /// Test vectors from the design: some origins and the first entries in their lists.
    #[test]
    fn agrees_with_the_published_vectors() {
        let empty = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
        let vectors = [
            (
                of_file("docs/intro.md", "ce013625030ba8dba906f756967f9e9ca394464a", 0),
                "c122650e81a52c85",
                vec![73814, 73107, 73397, 73687],
            ),
            (of_file("src/a b.py", empty, 0), "70e665bf65a8d535", vec![69654, 69428, 69202, 69973]),
            (of_file("src/a b.py", empty, 1), "77a46822e6f990ab", vec![15828, 15639, 15450, 15261]),
        ];
        for (origin, text, sequences) in vectors {
            assert_eq!(origin.to_string(), text);
            assert_eq!(list(origin, 4), sequences);
        }
        let at = "2026-01-18T22:00:00Z".parse().expect("valid");
        assert_eq!(Origin::of_legacy("2099900074260118", at).to_string(), "ae7b0ae703704723");
    }

    #[test]
    fn a_list_names_each_of_its_sequences_once() {
        for text in ["c122650e81a52c85", "0000000000000000", "ffffffffffffffff"] {
            let origin: Origin = text.parse().expect("valid");
            let all: Vec<_> = origin.sequences().collect();
            let distinct: BTreeSet<_> = all.iter().collect();
            assert_eq!(all.len(), 99_699);
            assert_eq!(distinct.len(), all.len());
            let first = all[0].get() / 1000;
            assert!(all[..996].iter().all(|s| s.get() / 1000 == first));
        }
    }

    #[test]
    fn refuses_what_is_no_origin() {
        for text in ["", "c122650e81a52c8", "C122650E81A52C85", "c122650e81a52c85 "] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
