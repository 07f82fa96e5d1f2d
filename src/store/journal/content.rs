//! Hashes by which the content of a file is known again.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::registry::hex;

/// The SHA-256 of a content, in hexadecimal digits.
pub(super) type Hash = String;

/// Returns the hash of a content.
pub(super) fn hash_of(bytes: &[u8]) -> Hash {
    hex::encode(&Sha256::digest(bytes))
}

/// Returns the hash of what a regular file holds; nothing where there is none, and of what is no
/// regular file one that no content has.
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
