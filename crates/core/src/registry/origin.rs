//! [`Origin`]: identifies an allocation, and is the seed of the list of sequences it accepts.

use std::{fmt, str::FromStr};

use sha2::{Digest, Sha256};

use super::{BlobId, Id, RepoPath, TextError, Timestamp, hex};

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

    /// Returns the origin for the record `id` of another repository, whose own origin, `of_record`, a
    /// record of this one has: the same bytes were added at the same path in both.
    pub fn of_joined(of_record: Self, id: Id) -> Self {
        let mut hash = Sha256::new();
        hash.update("joined");
        hash.update([0]);
        hash.update(of_record.to_string());
        hash.update([0]);
        hash.update(id.to_string());
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

    /// Returns the 64 bits.
    pub(super) fn number(self) -> u64 {
        self.0
    }
}

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
    fn of_file(path: &str, blob: &str, generation: u32) -> Origin {
        let path = RepoPath::new(path.as_bytes().to_vec()).expect("valid");
        Origin::of_file(&path, blob.parse().expect("valid"), generation)
    }

    /// Test vectors from the design.
    #[test]
    fn agrees_with_the_published_vectors() {
        let empty = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
        let intro = "ce013625030ba8dba906f756967f9e9ca394464a";
        for (origin, text) in [
            (of_file("docs/intro.md", intro, 0), "c122650e81a52c85"),
            (of_file("src/a b.py", empty, 0), "70e665bf65a8d535"),
            (of_file("src/a b.py", empty, 1), "77a46822e6f990ab"),
        ] {
            assert_eq!(origin.to_string(), text);
        }
        let at = "2026-01-18T22:00:00Z".parse().expect("valid");
        assert_eq!(Origin::of_legacy("2099900074260118", at).to_string(), "ae7b0ae703704723");
    }

    #[test]
    fn refuses_what_is_no_origin() {
        for text in ["", "c122650e81a52c8", "C122650E81A52C85", "c122650e81a52c85 "] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
