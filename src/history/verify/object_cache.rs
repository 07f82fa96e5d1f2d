//! Trees and registries that were read a short while ago.

use std::collections::HashMap;
use std::rc::Rc;

use crate::config::{CONFIG_PATH, Config};
use crate::git::{Child, CommitId, Directory, Repo, TreeId};
use crate::registry::{BlobId, Change, Entry, REGISTRY_PATH, Sheet, Tree};

use crate::state::{StateError, Stored, read_config_in, read_registry};

/// How many paths or records may lie on a shelf; beyond it, what was not asked for longest
/// goes. Enough for the commits a history goes back to, however large its trees are.
const ROOM: usize = 400_000;
/// How many bytes may lie on a shelf of things as git stores them.
pub(super) const BYTES: usize = 24 << 20;

/// Things of different weight by their object ids.
struct WeightedCache<T> {
    things: HashMap<BlobId, (Rc<T>, usize, u64)>,
    room: usize,
    weight: usize,
    clock: u64,
}

impl<T> WeightedCache<T> {
    fn new(room: usize) -> Self {
        WeightedCache { things: HashMap::new(), room, weight: 0, clock: 0 }
    }

    fn get(&mut self, id: BlobId) -> Option<Rc<T>> {
        self.clock += 1;
        let (thing, _, asked) = self.things.get_mut(&id)?;
        *asked = self.clock;
        Some(thing.clone())
    }

    fn put(&mut self, id: BlobId, thing: &Rc<T>, weight: usize) {
        self.weight += weight;
        self.things.insert(id, (thing.clone(), weight, self.clock));
        if self.weight > self.room {
            self.clear_half();
        }
    }

    /// Half at once, so that a full shelf is not searched at every step.
    fn clear_half(&mut self) {
        let mut asked: Vec<u64> = self.things.values().map(|(_, _, asked)| *asked).collect();
        asked.sort_unstable();
        let middle = asked.get(asked.len() / 2).copied().unwrap_or(0);
        self.things.retain(|_, (_, _, asked)| *asked >= middle);
        self.weight = self.things.values().map(|(_, weight, _)| weight).sum();
    }
}

/// Reads commits, each tree and registry as rarely as possible.
pub struct CommitReader<'r> {
    pub(super) repo: &'r Repo,
    trees: WeightedCache<Tree>,
    directories: WeightedCache<Directory>,
    registries: WeightedCache<Stored>,
    sheets: WeightedCache<Sheet>,
    policies: HashMap<Option<BlobId>, Rc<Config>>,
    /// Whether the registries that bore witness hold nothing twice.
    consistent: HashMap<BlobId, bool>,
    /// Which registries are at hand.
    at_hand: HashMap<BlobId, bool>,
    buffer: Vec<u8>,
}

impl<'r> CommitReader<'r> {
    /// Has read nothing yet.
    pub fn new(repo: &'r Repo) -> Self {
        CommitReader {
            repo,
            trees: WeightedCache::new(ROOM),
            directories: WeightedCache::new(BYTES),
            registries: WeightedCache::new(ROOM),
            sheets: WeightedCache::new(BYTES),
            policies: HashMap::new(),
            consistent: HashMap::new(),
            at_hand: HashMap::new(),
            buffer: Vec::new(),
        }
    }

    /// Returns whether a blob is in this clone.
    pub(super) fn has_blob(&mut self, id: BlobId) -> bool {
        *self.at_hand.entry(id).or_insert_with(|| self.repo.has_name(id))
    }

    /// Returns what is at a path of a tree, unless that is a directory.
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

    /// Returns what differs between two trees, in no particular order.
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

    /// Returns a registry line by line, read over another one, if it is at hand and its form
    /// allows it.
    pub(super) fn sheet(
        &mut self,
        id: BlobId,
        known: Option<&Sheet>,
    ) -> Result<Option<Rc<Sheet>>, StateError> {
        if let Some(sheet) = self.sheets.get(id) {
            return Ok(Some(sheet));
        }
        if !self.has_blob(id) {
            return Ok(None);
        }
        let bytes = self.repo.read_blob(id, &mut self.buffer)?;
        let Some(sheet) = Sheet::read(bytes, known) else { return Ok(None) };
        let sheet = Rc::new(sheet);
        self.sheets.put(id, &sheet, sheet.size());
        Ok(Some(sheet))
    }

    /// Returns the rules of a tree; those that cannot be read are the defaults.
    pub(super) fn config(&mut self, tree: TreeId) -> Result<Rc<Config>, StateError> {
        let entry = self.entry(tree, CONFIG_PATH.as_bytes())?.filter(|e| e.mode.is_file());
        let read = || Rc::new(read_config_in(self.repo, entry).unwrap_or_default());
        Ok(self.policies.entry(entry.map(|entry| entry.blob)).or_insert_with(read).clone())
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
    /// A path that is no regular file, and a blob that is no registry.
    pub(super) fn registry(&mut self, entry: Entry) -> Result<Rc<Stored>, StateError> {
        if entry.mode.is_file()
            && let Some(stored) = self.registries.get(entry.blob)
        {
            return Ok(stored);
        }
        let stored = Rc::new(read_registry(self.repo, entry)?);
        self.registries.put(entry.blob, &stored, stored.registry.allocations.len());
        Ok(stored)
    }

    /// Returns the registry of a commit, if it bears witness: it is at hand, can be read and
    /// holds nothing twice.
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
        let found_out = || stored.registry.is_consistent();
        let is_consistent = *self.consistent.entry(entry.blob).or_insert_with(found_out);
        Ok(is_consistent.then_some(stored))
    }
}
