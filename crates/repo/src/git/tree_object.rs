//! A single directory of a tree, in git's own storage format.

use std::{cmp::Ordering, ops::Range};

use idhooks_core::registry::{BlobId, Entry, Mode};

use super::TreeId;

/// An entry in a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Child {
    /// A directory.
    Directory(TreeId),
    /// Anything else.
    Leaf(Entry),
}

/// A directory: its entries, in byte order by name.
#[derive(Debug, Default)]
pub(super) struct Directory {
    bytes: Vec<u8>,
    nodes: Vec<TreeNode>,
}

/// An entry, with the byte ranges of its name and its ID.
#[derive(Debug)]
struct TreeNode {
    name: Range<usize>,
    mode: u32,
    id: Range<usize>,
}

impl Directory {
    pub(super) fn of(bytes: Vec<u8>, id_length: usize) -> Option<Self> {
        let (mut nodes, mut at) = (Vec::with_capacity(bytes.len() / (id_length + 8)), 0);
        while at < bytes.len() {
            let space = at + memchr::memchr(b' ', &bytes[at..])?;
            let end = space + memchr::memchr(0, &bytes[space..])?;
            let mode = std::str::from_utf8(&bytes[at..space]).ok()?;
            let mode = u32::from_str_radix(mode, 8).ok()?;
            let id = end + 1..end + 1 + id_length;
            at = id.end;
            nodes.push(TreeNode { name: space + 1..end, mode, id });
        }
        if at > bytes.len() {
            return None;
        }
        // Git sorts directory names as if they ended with a slash, but the lookups here need plain
        // byte order.
        nodes.sort_by(|a, b| bytes[a.name.clone()].cmp(&bytes[b.name.clone()]));
        Some(Directory { bytes, nodes })
    }

    /// Returns the directory's size in memory, in bytes.
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + self.nodes.len() * size_of::<TreeNode>()
    }

    /// Returns the entries with a valid ID, along with their names.
    pub(super) fn children(&self) -> impl Iterator<Item = (&[u8], Child)> {
        self.nodes.iter().filter_map(|node| Some((self.name(node), self.child(node)?)))
    }

    /// Returns the entry with this name.
    pub(super) fn get(&self, name: &[u8]) -> Option<Child> {
        let found = self.nodes.binary_search_by(|node| self.name(node).cmp(name));
        self.child(&self.nodes[found.ok()?])
    }

    /// Returns the directory's bytes with this entry, in place of the one with the same name.
    pub(super) fn with(&self, name: &[u8], child: Child) -> Vec<u8> {
        let (mode, id) = match child {
            Child::Directory(id) => (0o040_000, id.0),
            Child::Leaf(entry) => (0o100_644, entry.blob),
        };
        let others = self.nodes.iter().filter(|node| self.name(node) != name);
        let others = others.map(|node| (self.name(node), node.mode, &self.bytes[node.id.clone()]));
        let mut all: Vec<(&[u8], u32, &[u8])> = others.collect();
        all.push((name, mode, id.as_bytes()));
        // Git sorts directory names as if they ended with a slash.
        all.sort_by_cached_key(|(name, mode, _)| {
            let end: &[u8] = if mode & 0o170_000 == 0o040_000 { b"/" } else { b"" };
            [name, end].concat()
        });
        let mut bytes = Vec::new();
        for (name, mode, id) in all {
            bytes.extend(format!("{mode:o} ").bytes());
            bytes.extend_from_slice(name);
            bytes.push(0);
            bytes.extend_from_slice(id);
        }
        bytes
    }

    /// Returns the names of the entries that differ between two directories, with each directory's
    /// entry.
    pub(super) fn differing<'a>(
        &'a self,
        other: &'a Directory,
    ) -> Vec<(&'a [u8], Option<Child>, Option<Child>)> {
        let mut found = Vec::new();
        let (mut old, mut new) = (self.nodes.iter().peekable(), other.nodes.iter().peekable());
        loop {
            let order = match (old.peek(), new.peek()) {
                (None, None) => return found,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => self.name(a).cmp(other.name(b)),
            };
            let a = if order == Ordering::Greater { None } else { old.next() };
            let b = if order == Ordering::Less { None } else { new.next() };
            let name = a.map(|a| self.name(a)).or(b.map(|b| other.name(b)));
            let is_same = a.zip(b).is_some_and(|(a, b)| {
                a.mode == b.mode && self.bytes[a.id.clone()] == other.bytes[b.id.clone()]
            });
            if let Some(name) = name.filter(|_| !is_same) {
                let (a, b) = (a.and_then(|a| self.child(a)), b.and_then(|b| other.child(b)));
                found.push((name, a, b));
            }
        }
    }

    fn name(&self, node: &TreeNode) -> &[u8] {
        &self.bytes[node.name.clone()]
    }

    fn child(&self, node: &TreeNode) -> Option<Child> {
        let id = BlobId::from_bytes(&self.bytes[node.id.clone()])?;
        Some(match node.mode & 0o170_000 {
            0o040_000 => Child::Directory(TreeId(id)),
            _ => Child::Leaf(Entry { mode: mode_of(node.mode), blob: id }),
        })
    }
}

/// Returns the mode that git's mode bits stand for.
pub(super) fn mode_of(bits: u32) -> Mode {
    match bits & 0o170_000 {
        0o120_000 => Mode::Symlink,
        0o160_000 => Mode::Submodule,
        // Old trees contain modes such as 100664; git also only checks this bit.
        _ if bits & 0o100 != 0 => Mode::Executable,
        _ => Mode::Regular,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(entries: &[(&str, &str, u8)]) -> Directory {
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend(format!("{mode} {name}\0").bytes());
            bytes.extend([*id; 20]);
        }
        Directory::of(bytes, 20).expect("well-formed")
    }

    #[test]
    fn differing_entries_are_matched_by_name() {
        let old = directory(&[("100644", "a.b", 1), ("40000", "a", 2), ("100644", "c", 3)]);
        let new = directory(&[("100644", "a", 2), ("100644", "a.b", 1), ("100755", "c", 3)]);
        let names: Vec<&[u8]> = old.differing(&new).iter().map(|(name, _, _)| *name).collect();
        assert_eq!(names, [&b"a"[..], b"c"]);
        let (_, before, after) = old.differing(&new)[0];
        assert!(matches!(before, Some(Child::Directory(_))));
        assert!(matches!(after, Some(Child::Leaf(_))));
        assert_eq!(old.get(b"a"), before);
        assert_eq!(old.get(b"b"), None);
        assert_eq!(directory(&[]).differing(&old).len(), 3);
    }

    #[test]
    fn truncated_bytes_are_refused() {
        assert!(Directory::of(b"100644 a\0too short".to_vec(), 20).is_none());
        assert!(Directory::of(b"100644 a".to_vec(), 20).is_none());
    }
}
