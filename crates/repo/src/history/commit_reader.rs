//! A cache of recently read trees and registries.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use idhooks_core::config::{CONFIG_PATH, Config};
use idhooks_core::registry::{BlobId, CanonicalText, Change, Entry, Id, Mode, REGISTRY_PATH, Tree};

use crate::git::{Child, CommitId, Directory, Repo, TreeId};

use crate::state::{StateError, Stored, read_config_in, read_registry};

/// The maximum number of paths or records in a cache; beyond it, the least recently used go. Enough
/// for the commits that a history refers back to, however large its trees are.
const MAX_WEIGHT: usize = 400_000;
/// The maximum number of bytes in a cache of objects as git stores them.
pub(super) const MAX_BYTES: usize = 24 << 20;

/// A cache of objects of different weights, by object id.
struct WeightedCache<T> {
    entries: HashMap<BlobId, (Rc<T>, usize, u64)>,
    capacity: usize,
    weight: usize,
    clock: u64,
}

impl<T> WeightedCache<T> {
    fn new(capacity: usize) -> Self {
        WeightedCache { entries: HashMap::new(), capacity, weight: 0, clock: 0 }
    }

    fn get(&mut self, id: BlobId) -> Option<Rc<T>> {
        self.clock += 1;
        let (object, _, last_used) = self.entries.get_mut(&id)?;
        *last_used = self.clock;
        Some(object.clone())
    }

    fn put(&mut self, id: BlobId, object: &Rc<T>, weight: usize) {
        self.weight += weight;
        self.entries.insert(id, (object.clone(), weight, self.clock));
        if self.weight > self.capacity {
            self.clear_half();
        }
    }

    /// Drops half of the entries at once, so that a full cache is not searched at every step.
    fn clear_half(&mut self) {
        let mut last_used: Vec<u64> =
            self.entries.values().map(|(_, _, last_used)| *last_used).collect();
        last_used.sort_unstable();
        let middle = last_used.get(last_used.len() / 2).copied().unwrap_or(0);
        self.entries.retain(|_, (_, _, last_used)| *last_used >= middle);
        self.weight = self.entries.values().map(|(_, weight, _)| weight).sum();
    }
}

/// A reader of commits that reads each tree and registry as rarely as possible.
pub struct CommitReader<'r> {
    pub(super) repo: &'r Repo,
    trees: WeightedCache<Tree>,
    directories: WeightedCache<Directory>,
    registries: WeightedCache<Stored>,
    sheets: WeightedCache<CanonicalText>,
    configs: HashMap<Option<BlobId>, Rc<Config>>,
    /// Whether each registry that was read as a witness is consistent.
    consistent: HashMap<BlobId, bool>,
    /// Which registries are in this clone.
    available: HashMap<BlobId, bool>,
    buffer: Vec<u8>,
    bytes_read: usize,
}

impl<'r> CommitReader<'r> {
    /// Returns a reader with an empty cache.
    pub fn new(repo: &'r Repo) -> Self {
        CommitReader {
            repo,
            trees: WeightedCache::new(MAX_WEIGHT),
            directories: WeightedCache::new(MAX_BYTES),
            registries: WeightedCache::new(MAX_WEIGHT),
            sheets: WeightedCache::new(MAX_BYTES),
            configs: HashMap::new(),
            consistent: HashMap::new(),
            available: HashMap::new(),
            buffer: Vec::new(),
            bytes_read: 0,
        }
    }

    /// Returns whether a blob is in this clone.
    pub(super) fn has_blob(&mut self, id: BlobId) -> bool {
        *self.available.entry(id).or_insert_with(|| self.repo.has_name(id))
    }

    /// Returns the entry at a path of a tree, unless it is a directory.
    pub(super) fn entry(&mut self, tree: TreeId, path: &[u8]) -> Result<Option<Entry>, StateError> {
        let mut directory = self.directory(tree)?;
        let mut parts = path.split(|b| *b == b'/').peekable();
        while let Some(part) = parts.next() {
            match (directory.get(part), parts.peek()) {
                (Some(Child::Directory(id)), Some(_)) => directory = self.directory(id)?,
                (Some(Child::Leaf(entry)), None) => return Ok(Some(entry)),
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Returns the differences between two trees, in no particular order.
    pub(super) fn changes(&mut self, old: TreeId, new: TreeId) -> Result<Vec<Change>, StateError> {
        let mut found = Vec::new();
        self.differing(Some(old), Some(new), &mut Vec::new(), &mut found)?;
        Ok(found)
    }

    fn differing(
        &mut self,
        old: Option<TreeId>,
        new: Option<TreeId>,
        prefix: &mut Vec<u8>,
        found: &mut Vec<Change>,
    ) -> Result<(), StateError> {
        if old == new {
            return Ok(());
        }
        let sides = [old, new].map(|id| id.map(|id| self.directory(id)).transpose());
        let [old, new] = sides;
        let (old, new) = (old?.unwrap_or_default(), new?.unwrap_or_default());
        for (name, a, b) in old.differing(&new) {
            let length = prefix.len();
            prefix.extend_from_slice(name);
            let leaf = |child| match child {
                Some(Child::Leaf(entry)) => Some(entry),
                _ => None,
            };
            let (before, after) = (leaf(a), leaf(b));
            if before != after {
                let path = self.repo.path_in_tree(prefix)?;
                found.push(Change { path, old: before, new: after });
            }
            let tree = |child| match child {
                Some(Child::Directory(id)) => Some(id),
                _ => None,
            };
            prefix.push(b'/');
            self.differing(tree(a), tree(b), prefix, found)?;
            prefix.truncate(length);
        }
        Ok(())
    }

    fn directory(&mut self, id: TreeId) -> Result<Rc<Directory>, StateError> {
        if let Some(directory) = self.directories.get(id.object()) {
            return Ok(directory);
        }
        let directory = Rc::new(self.repo.read_directory(id, &mut self.buffer)?);
        self.directories.put(id.object(), &directory, directory.size());
        Ok(directory)
    }

    /// Returns a registry line by line, read as a difference from `base`, if it is in this clone
    /// and its form allows it.
    pub(super) fn sheet(
        &mut self,
        id: BlobId,
        base: Option<&CanonicalText>,
    ) -> Result<Option<Rc<CanonicalText>>, StateError> {
        if let Some(sheet) = self.sheets.get(id) {
            return Ok(Some(sheet));
        }
        if !self.has_blob(id) {
            return Ok(None);
        }
        let bytes = self.repo.read_blob(id, &mut self.buffer)?;
        self.bytes_read += bytes.len();
        let Some(sheet) = CanonicalText::read(bytes, base) else { return Ok(None) };
        let sheet = Rc::new(sheet);
        self.sheets.put(id, &sheet, sheet.size());
        Ok(Some(sheet))
    }

    /// Returns how many bytes of registries were read.
    pub(super) fn bytes_read(&self) -> usize {
        self.bytes_read
    }

    /// Returns the identities that one registry has and another one does not have. A registry that
    /// cannot be read counts as empty, because it is never consistent.
    pub(super) fn dropped_ids(
        &mut self,
        before: BlobId,
        after: BlobId,
    ) -> Result<BTreeSet<Id>, StateError> {
        if before == after {
            return Ok(BTreeSet::new());
        }
        if let Some(then) = self.sheet(before, None)?
            && let Some(now) = self.sheet(after, Some(&then))?
            && let Some(dropped) = then.ids_missing_in(&now)
        {
            return Ok(dropped);
        }
        let [then, now] = [before, after].map(|blob| -> Result<BTreeSet<Id>, StateError> {
            let records = match self.registry(Entry { mode: Mode::Regular, blob }) {
                Err(StateError::Registry(_)) => return Ok(BTreeSet::new()),
                stored => stored?,
            };
            Ok(records.registry.allocations.iter().map(|record| record.id).collect())
        });
        Ok(then?.difference(&now?).copied().collect())
    }

    /// Returns the rules of a tree; the defaults if they cannot be read.
    pub(super) fn config(&mut self, tree: TreeId) -> Result<Rc<Config>, StateError> {
        let entry = self.entry(tree, CONFIG_PATH.as_bytes())?.filter(|e| e.mode.is_file());
        let read = || Rc::new(read_config_in(self.repo, entry).unwrap_or_default());
        Ok(self.configs.entry(entry.map(|entry| entry.blob)).or_insert_with(read).clone())
    }

    /// Returns all paths of a tree.
    pub(super) fn tree(&mut self, id: TreeId) -> Result<Rc<Tree>, StateError> {
        if let Some(tree) = self.trees.get(id.object()) {
            return Ok(tree);
        }
        let tree = Rc::new(self.repo.tree(id)?);
        self.trees.put(id.object(), &tree, tree.len());
        Ok(tree)
    }

    /// Returns the registry of an entry.
    ///
    /// # Errors
    /// Returns an error if the entry is not a regular file, or its blob is not a registry.
    pub(super) fn registry(&mut self, entry: Entry) -> Result<Rc<Stored>, StateError> {
        if entry.mode.is_file()
            && let Some(stored) = self.registries.get(entry.blob)
        {
            return Ok(stored);
        }
        let stored = Rc::new(read_registry(self.repo, entry)?);
        self.bytes_read += stored.bytes.len();
        self.registries.put(entry.blob, &stored, stored.registry.allocations.len());
        Ok(stored)
    }

    /// Returns the registry of a commit if it can be trusted: it is in this clone, readable and
    /// consistent.
    pub(super) fn witness(&mut self, commit: CommitId) -> Result<Option<Rc<Stored>>, StateError> {
        let tree = self.repo.commit(commit)?.tree;
        let entry = self.entry(tree, REGISTRY_PATH.as_bytes())?;
        let Some(entry) = entry.filter(|entry| self.has_blob(entry.blob)) else {
            return Ok(None);
        };
        let stored = match self.registry(entry) {
            Err(StateError::Registry(_)) => return Ok(None),
            stored => stored?,
        };
        let check = || stored.registry.is_consistent();
        let is_consistent = *self.consistent.entry(entry.blob).or_insert_with(check);
        Ok(is_consistent.then_some(stored))
    }
}
