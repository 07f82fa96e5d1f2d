//! The registries of single commits.

use std::collections::BTreeMap;

use idhooks_core::config::{RenameLimits, is_own};
use idhooks_core::plan::Undecided;
use idhooks_core::registry::{BlobId, Change, Entry, REGISTRY_PATH, Registry};

use crate::git::{CommitId, Repo, TreeId};
use crate::state::{StateError, read_trusted};

/// Registries that replace those of inconsistent commits, and what they leave undecided.
#[derive(Debug, Clone, Default)]
pub(crate) struct Healed {
    /// The limits of `[rename]` of those who heal, which count where a commit has lower ones.
    pub(crate) limits: RenameLimits,
    registries: BTreeMap<CommitId, Registry>,
    undecided: BTreeMap<CommitId, Undecided>,
}

/// What the registry of a commit should be, as far as this clone knows.
#[derive(Debug, Clone)]
pub(crate) struct HealedCommit {
    pub(crate) registry: Registry,
    pub(crate) undecided: Undecided,
}

impl Healed {
    /// Returns no registries.
    pub(crate) fn new() -> Self {
        Healed::default()
    }

    /// Returns the registry that replaces that of a commit.
    pub(crate) fn get(&self, id: &CommitId) -> Option<&Registry> {
        self.registries.get(id)
    }

    /// Returns whether the registry of a commit is replaced.
    pub(crate) fn contains_key(&self, id: &CommitId) -> bool {
        self.registries.contains_key(id)
    }

    /// Adds a registry that leaves nothing undecided.
    pub(crate) fn insert(&mut self, id: CommitId, registry: Registry) {
        self.undecided.remove(&id);
        self.registries.insert(id, registry);
    }

    /// Adds what the registry of a commit should be.
    pub(crate) fn add(&mut self, id: CommitId, commit: HealedCommit) {
        self.insert(id, commit.registry);
        self.undecided.insert(id, commit.undecided);
    }

    /// Forgets a commit.
    pub(crate) fn remove(&mut self, id: &CommitId) {
        self.registries.remove(id);
        self.undecided.remove(id);
    }

    /// Forgets all commits but these.
    pub(crate) fn retain(&mut self, keeps: impl Fn(&CommitId) -> bool) {
        self.registries.retain(|id, _| keeps(id));
        self.undecided.retain(|id, _| keeps(id));
    }

    /// Returns whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.registries.is_empty()
    }

    /// Returns the registries.
    pub(crate) fn values(&self) -> impl Iterator<Item = &Registry> {
        self.registries.values()
    }

    /// Returns what these commits leave undecided.
    pub(crate) fn undecided(&self, commits: &[CommitId]) -> Undecided {
        let mut all = Undecided::new();
        commits.iter().filter_map(|id| self.undecided.get(id)).for_each(|one| all.extend(one));
        all
    }
}

/// How many commits back a rename that ends now may have begun; see [`Recent`](idhooks_core::plan::Recent).
pub(crate) const GENERATIONS: usize = 3;

/// Returns the registry of a commit if it can be trusted.
pub(crate) fn registry_of(repo: &Repo, commit: CommitId) -> Result<Option<Registry>, StateError> {
    let entry = repo.tree_entry(repo.commit(commit)?.tree, REGISTRY_PATH)?;
    let stored = entry.map(|entry| read_trusted(repo, entry)).transpose()?.flatten();
    Ok(stored.map(|stored| stored.registry))
}

/// Returns the registry in a tree if it is a regular file.
///
/// # Errors
/// Returns an error if the tree cannot be read.
pub fn registry_blob(repo: &Repo, tree: TreeId) -> Result<Option<BlobId>, StateError> {
    let entry = repo.tree_entry(tree, REGISTRY_PATH)?;
    Ok(entry.filter(|entry| entry.mode.is_file()).map(|entry| entry.blob))
}

/// Returns whether only the contents of files change, so that the registry need not.
pub fn only_edits(changes: &[Change]) -> bool {
    let is_file = |entry: Option<Entry>| entry.is_some_and(|entry| entry.mode.is_file());
    changes.iter().all(|change| is_file(change.old) && is_file(change.new) && !is_own(&change.path))
}

/// Returns a commit, its first parent and the first parent of that one, as far as they are in this
/// clone.
pub(crate) fn first_parents(repo: &Repo, commit: Option<CommitId>) -> Vec<CommitId> {
    let before = |id: &CommitId| repo.commit(*id).ok()?.parents.first().copied();
    let present = commit.filter(|id| repo.has_commit(*id));
    let chain = std::iter::successors(present, |id| before(id).filter(|id| repo.has_commit(*id)));
    chain.take(GENERATIONS).collect()
}
