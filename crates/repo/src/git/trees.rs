//! Reads trees: all paths, a single entry, or the differences between two trees.

use std::{collections::HashMap, rc::Rc};

use gix::objs::{Find, Kind};
use idhooks_core::registry::{
    BlobId, CanonicalText, Change, Entry, Mode, Registry, RepoPath, Tree,
};
use idhooks_core::rename::{Siblings, sample_siblings};

use super::tree_object::{Child, Directory};
use super::{Checksum, GitError, Repo, TreeId, object_ids::to_gix};

/// The maximum nesting depth of directories, as in git.
const MAX_DEPTH: usize = 2_048;
/// Objects of at least this size in bytes are not copied.
const LARGE: usize = 256 << 10;

/// The size that a list of all the paths in a tree would have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TreeSize {
    /// The number of files and directories.
    pub entries: u64,
    /// The total length of their paths in bytes.
    pub path_bytes: u64,
}

impl TreeSize {
    /// Adds an entry whose name is this many bytes long, along with everything below it.
    fn add(&mut self, name: u64, below: TreeSize) {
        let entries = below.entries.saturating_add(1);
        // The name and a slash are part of every path below this entry.
        let prefixes = entries.saturating_mul(name.saturating_add(1));
        self.entries = self.entries.saturating_add(entries);
        self.path_bytes = self.path_bytes.saturating_add(prefixes).saturating_add(below.path_bytes);
    }
}

impl Repo {
    /// Returns all paths in a tree.
    ///
    /// # Errors
    /// Returns an error if the tree does not exist or cannot be read.
    pub fn tree(&self, id: TreeId) -> Result<Tree, GitError> {
        let mut tree = Tree::new();
        self.collect(id, &mut Vec::new(), &mut tree)?;
        Ok(tree)
    }

    pub(super) fn collect(
        &self,
        id: TreeId,
        prefix: &mut Vec<u8>,
        tree: &mut Tree,
    ) -> Result<(), GitError> {
        for (name, child) in self.directory(id)?.children() {
            let length = prefix.len();
            prefix.extend_from_slice(name);
            match child {
                Child::Directory(below) => {
                    prefix.push(b'/');
                    self.collect(below, prefix, tree)?;
                }
                Child::Leaf(entry) => {
                    tree.insert(path_in_tree(prefix)?, entry);
                }
            }
            prefix.truncate(length);
        }
        Ok(())
    }

    /// Returns the size that a list of all the paths in a tree would have, without building the
    /// list. A tree object that occurs many times is read only once. `counted` contains the sizes
    /// of the trees counted so far.
    ///
    /// # Errors
    /// Returns an error if a tree cannot be read, or is nested more deeply than git allows.
    pub fn tree_size(
        &self,
        id: TreeId,
        counted: &mut HashMap<TreeId, TreeSize>,
    ) -> Result<TreeSize, GitError> {
        self.size_below(id, counted, 0)
    }

    fn size_below(
        &self,
        id: TreeId,
        counted: &mut HashMap<TreeId, TreeSize>,
        depth: usize,
    ) -> Result<TreeSize, GitError> {
        // A few small trees that refer to each other many times can represent billions of paths.
        if let Some(size) = counted.get(&id) {
            return Ok(*size);
        }
        if depth > MAX_DEPTH {
            return Err(GitError::reading(&format!("tree {id}"), &"it is nested too deeply"));
        }
        let mut size = TreeSize::default();
        for (name, child) in self.directory(id)?.children() {
            let below = match child {
                Child::Directory(below) => self.size_below(below, counted, depth + 1)?,
                Child::Leaf(_) => TreeSize::default(),
            };
            size.add(name.len() as u64, below);
        }
        counted.insert(id, size);
        Ok(size)
    }

    /// Returns the entry at a path in a tree, if it exists and is not a directory.
    ///
    /// # Errors
    /// Returns an error if a tree cannot be read.
    pub fn tree_entry(
        &self,
        id: TreeId,
        path: impl AsRef<[u8]>,
    ) -> Result<Option<Entry>, GitError> {
        let mut directory = self.directory(id)?;
        let mut parts = path.as_ref().split(|b| *b == b'/').peekable();
        while let Some(part) = parts.next() {
            match (directory.get(part), parts.peek()) {
                (Some(Child::Directory(id)), Some(_)) => directory = self.directory(id)?,
                (Some(Child::Leaf(entry)), None) => return Ok(Some(entry)),
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Returns the siblings of a file in a tree (see [`sample_siblings`]).
    ///
    /// # Errors
    /// Returns an error if a tree cannot be read.
    pub fn siblings(&self, id: TreeId, path: &RepoPath) -> Result<Siblings, GitError> {
        let mut directory = self.directory(id)?;
        let parts: Vec<&[u8]> = path.as_bytes().split(|b| *b == b'/').collect();
        for part in &parts[..parts.len() - 1] {
            let Some(Child::Directory(id)) = directory.get(part) else { return Ok(Vec::new()) };
            directory = self.directory(id)?;
        }
        let files = directory.children().filter_map(|(name, child)| match child {
            Child::Leaf(entry) => Some((name, entry)),
            Child::Directory(_) => None,
        });
        Ok(sample_siblings(path, files))
    }

    /// Returns the differences between two trees, in bytewise path order. Identical directories are
    /// not read.
    ///
    /// # Errors
    /// Returns an error if a tree cannot be read.
    pub fn changes(&self, old: TreeId, new: TreeId) -> Result<Vec<Change>, GitError> {
        let mut changes = Vec::new();
        self.compare(Some(old), Some(new), &mut Vec::new(), &mut changes)?;
        // Comparing directory by directory yields `a/x` before `a.b`, but it belongs after `a.b` in
        // byte order.
        changes.sort_by(|one, other| one.path.cmp(&other.path));
        // Only a damaged tree contains the same path twice.
        changes.dedup_by(|later, first| {
            let is_same = later.path == first.path;
            if is_same {
                (first.old, first.new) = (first.old.or(later.old), first.new.or(later.new));
            }
            is_same
        });
        changes.retain(|change| change.old != change.new);
        Ok(changes)
    }

    fn compare(
        &self,
        old: Option<TreeId>,
        new: Option<TreeId>,
        prefix: &mut Vec<u8>,
        found: &mut Vec<Change>,
    ) -> Result<(), GitError> {
        // Equal ids mean equal contents, so most of a large repository is never read.
        if old == new {
            return Ok(());
        }
        let [before, after] = [old, new].map(|id| id.map(|id| self.directory(id)).transpose());
        let (before, after) = (before?.unwrap_or_default(), after?.unwrap_or_default());
        for (name, old, new) in before.differing(&after) {
            let length = prefix.len();
            prefix.extend_from_slice(name);
            let [old_entry, new_entry] = [old, new].map(|child| match child {
                Some(Child::Leaf(entry)) => Some(entry),
                _ => None,
            });
            if old_entry != new_entry {
                found.push(Change { path: path_in_tree(prefix)?, old: old_entry, new: new_entry });
            }
            let [old_tree, new_tree] = [old, new].map(|child| match child {
                Some(Child::Directory(id)) => Some(id),
                _ => None,
            });
            prefix.push(b'/');
            self.compare(old_tree, new_tree, prefix, found)?;
            prefix.truncate(length);
        }
        Ok(())
    }

    /// Makes a tree with these blobs at their paths readable in this invocation, without storing
    /// it, and returns its id.
    ///
    /// # Errors
    /// Returns an error if the tree cannot be read.
    pub(crate) fn hold_tree_with(
        &self,
        tree: TreeId,
        blobs: &[(&str, BlobId)],
    ) -> Result<TreeId, GitError> {
        let mut root = tree;
        for (path, blob) in blobs {
            root = self.hold_with(Some(root), path, *blob)?;
        }
        Ok(root)
    }

    fn hold_with(
        &self,
        tree: Option<TreeId>,
        path: &str,
        blob: BlobId,
    ) -> Result<TreeId, GitError> {
        let directory = tree.map(|tree| self.directory(tree)).transpose()?.unwrap_or_default();
        let (name, child) = match path.split_once('/') {
            None => (path, Child::Leaf(Entry { mode: Mode::Regular, blob })),
            Some((name, rest)) => {
                let below = match directory.get(name.as_bytes()) {
                    Some(Child::Directory(below)) => Some(below),
                    _ => None,
                };
                (name, Child::Directory(self.hold_with(below, rest, blob)?))
            }
        };
        let bytes = directory.with(name.as_bytes(), child);
        let mut sum = Checksum::new(self.gix.object_hash().len_in_bytes());
        sum.update(format!("tree {}\0", bytes.len()).as_bytes());
        sum.update(&bytes);
        let id = sum.id();
        self.objects.held_directories.borrow_mut().insert(id, bytes);
        Ok(TreeId(id))
    }

    fn directory(&self, id: TreeId) -> Result<Rc<Directory>, GitError> {
        if let Some(directory) = self.objects.directories.borrow_mut().get(id.object()) {
            return Ok(directory);
        }
        let held = self.objects.held_directories.borrow().get(&id.object()).cloned();
        let bytes = match held {
            Some(bytes) => bytes,
            None => self.read_object(id.object(), Kind::Tree)?,
        };
        let length = self.gix.object_hash().len_in_bytes();
        let malformed = || GitError::reading(&format!("tree {id}"), &"malformed");
        let directory = Rc::new(Directory::of(bytes, length).ok_or_else(malformed)?);
        self.objects.directories.borrow_mut().insert(
            id.object(),
            directory.clone(),
            directory.size(),
        );
        Ok(directory)
    }

    /// Enlarges the directory cache to this many bytes, for walking the history.
    pub(crate) fn cache_directories(&self, size: usize) {
        self.objects.directories.borrow_mut().enlarge(size);
    }

    /// Returns a registry that was compared earlier in this run. After a merge, several questions
    /// about the same registries arise.
    pub(crate) fn cached_registry(&self, id: BlobId) -> Option<Rc<CanonicalText>> {
        self.objects.registries.borrow_mut().get(id)
    }

    /// Caches a registry for [`Repo::cached_registry`].
    pub(crate) fn cache_registry(&self, id: BlobId, text: &Rc<CanonicalText>) {
        self.objects.registries.borrow_mut().insert(id, text.clone(), text.size());
    }

    /// Returns the records that differ between two registries, if these are the two that were
    /// compared last in this run.
    pub(crate) fn cached_difference(&self, blobs: [BlobId; 2]) -> Option<[Registry; 2]> {
        let last = self.objects.difference.borrow();
        last.as_ref().filter(|(of, _)| *of == blobs).map(|(_, differing)| differing.clone())
    }

    /// Caches a difference for [`Repo::cached_difference`].
    pub(crate) fn cache_difference(&self, blobs: [BlobId; 2], differing: &[Registry; 2]) {
        *self.objects.difference.borrow_mut() = Some((blobs, differing.clone()));
    }

    /// Reads a blob that is needed only once. A buffer is reused to save allocations.
    pub(crate) fn read_blob(&self, id: BlobId) -> Result<Vec<u8>, GitError> {
        self.read_object(id, Kind::Blob)
    }

    fn read_object(&self, id: BlobId, kind: Kind) -> Result<Vec<u8>, GitError> {
        if let Some((found, data)) = self.objects.loose.borrow_mut().find(id)
            && found == kind
        {
            return Ok(data.to_vec());
        }
        let buffer = &mut *self.objects.buffer.borrow_mut();
        // Packed and large objects are left to gix.
        let place = match self.gix.objects.try_find(&to_gix(id), buffer) {
            Ok(Some(found)) if found.kind == kind && found.data.len() < LARGE => {
                return Ok(found.data.to_vec());
            }
            Ok(Some(found)) if found.kind == kind => found.data.as_ptr_range(),
            _ => return self.object(id, kind),
        };
        // A large object is in the buffer, so take over the buffer instead of copying the object.
        let start = place.start.addr().checked_sub(buffer.as_ptr().addr());
        let end = place.end.addr().checked_sub(buffer.as_ptr().addr());
        let (Some(start), Some(end)) = (start, end.filter(|end| *end <= buffer.len())) else {
            return self.object(id, kind);
        };
        let mut bytes = std::mem::take(buffer);
        bytes.truncate(end);
        bytes.drain(..start);
        bytes.shrink_to_fit();
        Ok(bytes)
    }
}

fn path_in_tree(path: &[u8]) -> Result<RepoPath, GitError> {
    RepoPath::new(path).map_err(|error| GitError::reading("a tree", &error))
}
