//! The ids of commits and trees, and the hash they are computed with. For blobs, see
//! [`idhooks_core::registry::BlobId`].

use std::fmt;
use std::io::{self, Write};

use idhooks_core::registry::BlobId;
use sha1::Sha1;
use sha2::{Sha256, digest::DynDigest};

use super::GitError;

/// A commit's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommitId(pub(super) BlobId);

/// Returns whether an id consists only of zeros, which git and forges use to mean "no commit".
pub fn names_no_commit(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte == b'0')
}

impl CommitId {
    /// Returns the object's id.
    pub fn object(self) -> BlobId {
        self.0
    }

    /// Returns the first ten digits of the id, for display.
    pub fn short(&self) -> String {
        self.to_string().chars().take(10).collect()
    }
}

idhooks_core::serialize_as_text!(CommitId);

/// A tree's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeId(pub(super) BlobId);

impl TreeId {
    /// Returns the object's id.
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

/// Parses the id of an object stored by git. Errors refer to the object as `what`.
///
/// # Errors
/// Returns an error if git printed something other than an id.
pub(super) fn stored_id(answer: &[u8], what: &str) -> Result<BlobId, GitError> {
    let id = String::from_utf8_lossy(answer).trim().parse();
    id.map_err(|error| GitError::failed(&format!("storing {what}"), &error))
}

pub(super) fn from_gix(id: &gix::oid) -> BlobId {
    // Like `BlobId`, gix supports only SHA-1 and SHA-256.
    BlobId::from_bytes(id.as_bytes()).expect("an object id of 20 or 32 bytes")
}

pub(super) fn to_gix(id: BlobId) -> gix::ObjectId {
    gix::ObjectId::from_bytes_or_panic(id.as_bytes())
}

/// A hash that is computed incrementally. It uses plain SHA-1, which takes half as long as an
/// implementation that detects collision attacks. Such attacks need bytes that do not occur in a
/// registry or in the user's own index.
pub struct Checksum(Box<dyn DynDigest>);

impl Checksum {
    /// Starts computing a hash that is `length` bytes long.
    pub(super) fn new(length: usize) -> Self {
        // Dynamic dispatch costs nothing compared to hashing, and avoids compiling all callers
        // twice.
        Checksum(match length {
            20 => Box::new(Sha1::default()),
            _ => Box::new(Sha256::default()),
        })
    }

    /// Adds bytes to the hash.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns a writer that passes everything on to `out` and also adds it to the hash.
    pub fn and<W: Write>(&mut self, out: W) -> impl Write {
        Tee { sum: self, out }
    }

    /// Returns the hash.
    pub(super) fn finish(self) -> Vec<u8> {
        self.0.finalize().into_vec()
    }

    /// Returns the hash as a blob id.
    pub fn id(self) -> BlobId {
        BlobId::from_bytes(&self.finish()).expect("a hash of 20 or 32 bytes")
    }
}

struct Tee<'a, W> {
    sum: &'a mut Checksum,
    out: W,
}

impl<W: Write> Write for Tee<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sum.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
