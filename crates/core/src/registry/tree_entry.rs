//! [`Entry`]: a path in a tree or index, as a plain type; [`BlobId`]: the git id of the path's
//! content.

use std::{collections::BTreeMap, fmt, str::FromStr};

use super::{RepoPath, TextError};

/// The kind of a tracked path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// A regular file.
    Regular,
    /// An executable regular file.
    Executable,
    /// A symbolic link.
    Symlink,
    /// A submodule.
    Submodule,
}

impl Mode {
    /// Returns git's octal number for the mode.
    pub fn as_octal(self) -> &'static str {
        match self {
            Mode::Regular => "100644",
            Mode::Executable => "100755",
            Mode::Symlink => "120000",
            Mode::Submodule => "160000",
        }
    }

    /// Returns whether the path is a regular file, the only kind that gets an identity.
    pub fn is_file(self) -> bool {
        matches!(self, Mode::Regular | Mode::Executable)
    }
}

/// The kind and content of a tracked path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// The kind of path.
    pub mode: Mode,
    /// The content: a blob, or a submodule's commit.
    pub blob: BlobId,
}

/// All paths in a tree or index (stage 0, without intent-to-add), in bytewise order.
pub type Tree = BTreeMap<RepoPath, Entry>;

/// A path that differs between two trees: an addition, a deletion or a modification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path.
    pub path: RepoPath,
    /// The old entry; `None` for an addition.
    pub old: Option<Entry>,
    /// The new entry; `None` for a deletion.
    pub new: Option<Entry>,
}

impl Change {
    /// Returns the changes from `old` to `new`, in bytewise path order.
    pub fn between(old: &Tree, new: &Tree) -> Vec<Change> {
        let change = |path: &RepoPath| {
            let (old, new) = (old.get(path).copied(), new.get(path).copied());
            (old != new).then(|| Change { path: path.clone(), old, new })
        };
        let gone = old.keys().filter(|path| !new.contains_key(*path));
        let mut changes: Vec<Change> = gone.chain(new.keys()).filter_map(change).collect();
        // At this point, all deletions come first in the list, whatever their paths.
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        changes
    }
}

/// A blob's id: SHA-1 (20 bytes) or SHA-256 (32 bytes), depending on the repository.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobId {
    len: u8,
    bytes: [u8; 32],
}

impl BlobId {
    /// Returns the id with these raw bytes; there must be 20 or 32 of them.
    // Inlined because another crate calls this for every entry in an index.
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
        // All digits are formatted at once, because histories contain many ids.
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
