//! [`Parent`]: a parent commit; [`Inherited`]: the state that a commit inherits from its parents.

use std::collections::BTreeMap;

use crate::registry::{Allocation, Origin, Registry, RepoPath, Tree};

/// The registry and tree of a parent commit.
#[derive(Debug, Clone, Copy)]
pub struct Parent<'a> {
    /// Its registry.
    pub registry: &'a Registry,
    /// Its tree.
    pub tree: &'a Tree,
}

impl<'a> Parent<'a> {
    /// Returns the holders of paths; a record deprecated by command holds its path while the parent
    /// has the file.
    pub fn holders(&self) -> BTreeMap<&'a RepoPath, &'a Allocation> {
        self.registry.holders(|path| is_file(self.tree, path))
    }

    /// Returns the holders of paths that exist in the parent.
    pub fn held(&self) -> BTreeMap<&'a RepoPath, &'a Allocation> {
        let mut held = self.holders();
        held.retain(|path, _| is_file(self.tree, path));
        held
    }
}

/// Paths that a parent held and that still exist, with the allocation each must keep.
pub type Placement = BTreeMap<RepoPath, Origin>;

/// The state that a commit inherits from its parents.
#[derive(Debug, Clone, Copy)]
pub struct Inherited<'a> {
    /// The parents that have a registry.
    pub parents: &'a [Parent<'a>],
    /// The registry of the only one, or the merge of their registries.
    pub merged: Option<&'a Registry>,
    /// The identities that they published, if they are healed.
    pub published: &'a Placement,
    /// Whether they contest paths, because they have no common base: then the merge has the paths
    /// of one side, regardless of its files.
    pub is_contested: bool,
}

/// Returns whether `tree` has a regular file at `path`.
pub fn is_file(tree: &Tree, path: &RepoPath) -> bool {
    tree.get(path).is_some_and(|entry| entry.mode.is_file())
}
