//! Computes the content hashes of files: SHA-256 hashes in hexadecimal.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use idhooks_core::registry::hex;
use sha2::{Digest, Sha256};

use super::error::if_exists;

/// The number of bytes read from a file at a time.
const CHUNK: usize = 64 << 10;

/// A SHA-256 hash in hexadecimal.
pub(super) type Hash = String;

/// Returns the hash of these bytes.
pub(super) fn hash_of(bytes: &[u8]) -> Hash {
    hex::encode(&Sha256::digest(bytes))
}

/// Returns the hash of a file's content.
pub(super) fn hash_of_file(path: &Path) -> io::Result<Hash> {
    let (mut file, mut sum) = (File::open(path)?, Sha256::new());
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok(hex::encode(&sum.finalize())),
            Ok(length) => sum.update(&chunk[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Returns the content hash of a regular file, `None` if there is nothing at the path, or, for
/// anything else, an empty hash, which no content has.
pub(super) fn hash_at(path: &Path) -> io::Result<Option<Hash>> {
    match if_exists(fs::symlink_metadata(path))? {
        Some(meta) if meta.is_file() => hash_of_file(path).map(Some),
        // A directory or symlink at the path must not be mistaken for a missing file.
        meta => Ok(meta.map(|_| String::new())),
    }
}
