//! Trees and registries that were read a short while ago.

use std::collections::HashMap;
use std::rc::Rc;

use crate::git::{CommitId, Repo, TreeId};
use crate::registry::{BlobId, Entry, REGISTRY_PATH, Tree};

use super::super::{Stored, WalkError, read_registry};

/// How many paths and records may lie on a shelf; beyond it, what was not asked for longest
/// goes. Enough for the commits a history goes back to, however large its trees are.
const ROOM: usize = 400_000;

/// Things of different weight by their object ids.
struct Shelf<T> {
    things: HashMap<BlobId, (Rc<T>, usize, u64)>,
    weight: usize,
    clock: u64,
}

impl<T> Shelf<T> {
    fn new() -> Self {
        Shelf { things: HashMap::new(), weight: 0, clock: 0 }
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
        if self.weight > ROOM {
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
pub(super) struct Reader<'r> {
    pub(super) repo: &'r Repo,
    trees: Shelf<Tree>,
    registries: Shelf<Stored>,
    /// Whether the registries that bore witness hold nothing twice.
    consistent: HashMap<BlobId, bool>,
}

impl<'r> Reader<'r> {
    pub(super) fn new(repo: &'r Repo) -> Self {
        let (trees, registries) = (Shelf::new(), Shelf::new());
        Reader { repo, trees, registries, consistent: HashMap::new() }
    }

    /// Returns all paths of a tree.
    pub(super) fn tree(&mut self, id: TreeId) -> Result<Rc<Tree>, WalkError> {
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
    pub(super) fn registry(&mut self, entry: Entry) -> Result<Rc<Stored>, WalkError> {
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
    pub(super) fn witness(&mut self, commit: CommitId) -> Result<Option<Rc<Stored>>, WalkError> {
        let tree = self.repo.commit(commit)?.tree;
        let entry = self.repo.tree_entry(tree, REGISTRY_PATH)?;
        let Some(entry) = entry.filter(|entry| self.repo.has_blob(entry.blob)) else {
            return Ok(None);
        };
        let stored = match self.registry(entry) {
            Err(WalkError::Registry(_)) => return Ok(None),
            stored => stored?,
        };
        let found_out = || stored.registry.is_consistent();
        let is_consistent = *self.consistent.entry(entry.blob).or_insert_with(found_out);
        Ok(is_consistent.then_some(stored))
    }
}
