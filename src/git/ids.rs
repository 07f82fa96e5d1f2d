//! Names of commits and trees, and the hash that names are; a blob's name is
//! [`crate::registry::BlobId`].

use std::fmt;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::registry::BlobId;

/// The id of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(pub(super) BlobId);

impl CommitId {
    /// Returns the beginning of the id, enough for people.
    pub fn short(&self) -> String {
        self.to_string().chars().take(10).collect()
    }
}

/// The id of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeId(pub(super) BlobId);

impl TreeId {
    /// Returns the name of the object.
    pub fn object(self) -> BlobId {
        self.0
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for TreeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

pub(super) fn from_gix(id: &gix::oid) -> BlobId {
    // gix knows SHA-1 and SHA-256 only, as `BlobId` does.
    BlobId::from_bytes(id.as_bytes()).expect("an object id of 20 or 32 bytes")
}

pub(super) fn to_gix(id: BlobId) -> gix::ObjectId {
    gix::ObjectId::from_bytes_or_panic(id.as_bytes())
}

/// Returns the hash of these parts that has this length in bytes.
///
/// The plain SHA-1, which takes half the time of one that looks for traces of an attack: these
/// are made of bytes that no registry and no index of somebody's own has.
pub(super) fn checksum(parts: &[&[u8]], length: usize) -> Vec<u8> {
    fn of<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
        let mut hasher = D::new();
        parts.iter().for_each(|part| hasher.update(part));
        hasher.finalize().to_vec()
    }
    if length == 20 { of::<Sha1>(parts) } else { of::<Sha256>(parts) }
}
