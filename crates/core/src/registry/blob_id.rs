//! [`BlobId`]: the object id of a file's content in git.

use std::{fmt, str::FromStr};

use super::TextError;

/// The id of a blob: SHA-1 (20 bytes) or SHA-256 (32 bytes), depending on the repository.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId {
    len: u8,
    bytes: [u8; 32],
}

impl BlobId {
    /// Returns the id with these raw bytes: 20 or 32 of them.
    // Another crate calls it for every entry of an index.
    #[inline]
    pub fn from_bytes(raw: &[u8]) -> Option<Self> {
        if raw.len() != 20 && raw.len() != 32 {
            return None;
        }
        let mut bytes = [0; 32];
        bytes[..raw.len()].copy_from_slice(raw);
        Some(BlobId { len: raw.len() as u8, bytes })
    }

    /// Returns the raw bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Format all digits at once: histories have many ids.
        let mut text = [0; 64];
        super::hex::write(self.as_bytes(), &mut text);
        let text = &text[..2 * usize::from(self.len)];
        f.write_str(std::str::from_utf8(text).unwrap_or_default())
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for BlobId {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let id = super::hex::decode(text).and_then(|raw| BlobId::from_bytes(&raw));
        id.ok_or_else(|| TextError::new(text, "an object id"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_hash_kinds() {
        for text in ["e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", &"ab".repeat(32)] {
            assert_eq!(text.parse::<BlobId>().expect("valid").to_string(), text);
        }
        for text in ["", "e69d", "E69DE29BB2D1D6434B8B29AE775AD8C2E48C5391", &"zz".repeat(20)] {
            assert!(text.parse::<BlobId>().is_err(), "{text}");
        }
    }
}
