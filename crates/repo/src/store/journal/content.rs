//! Content hashes of files, as the journal stores them.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use idhooks_core::registry::hex;
use sha2::{Digest, Sha256};

/// A SHA-256 hash in hexadecimal digits.
pub(super) type Hash = String;

/// Returns the hash of these bytes.
pub(super) fn hash_of(bytes: &[u8]) -> Hash {
    hex::encode(&Sha256::digest(bytes))
}

/// Returns the content hash of a regular file, `None` if nothing is at the path, and an empty
/// hash, which no content has, for anything else.
pub(super) fn hash_of_file(path: &Path) -> io::Result<Option<Hash>> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() => {}
        Ok(_) => return Ok(Some(String::new())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(None),
        Err(error) => return Err(error),
    }
    let (mut file, mut sum) = (File::open(path)?, Sha256::new());
    let mut buffer = vec![0; 64 << 10];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Some(hex::encode(&sum.finalize()))),
            length => sum.update(&buffer[..length]),
        }
    }
}
