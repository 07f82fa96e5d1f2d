//! [`Parent`]: a parent commit; [`Inherited`]: the state that a commit inherits from its parents.

use std::collections::BTreeMap;

use crate::registry::{Allocation, Origin, Registry, RepoPath, Tree};

/// A parent commit's registry and tree.
#[derive(Debug, Clone, Copy)]
pub struct Parent<'a> {
    /// Its registry.
    pub registry: &'a Registry,
    /// Its tree.
    pub tree: &'a Tree,
}

impl<'a> Parent<'a> {
    /// Returns the holders of paths. A record that a command deprecated still holds its path while
    /// the parent has the file.
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

/// The paths that a parent held and that still exist, each with the allocation that the path must
/// keep.
pub type Placement = BTreeMap<RepoPath, Origin>;

/// The state that a commit inherits from its parents.
#[derive(Debug, Clone, Copy)]
pub struct Inherited<'a> {
    /// The parents that have a registry.
    pub parents: &'a [Parent<'a>],
    /// The only parent's registry, or the merge of the parents' registries.
    pub merged: Option<&'a Registry>,
    /// The identities that healed parents published for paths.
    pub published: &'a Placement,
    /// Whether the parents contest paths because they have no common base. The merge then takes its
    /// records' paths from one side, regardless of its files.
    pub is_contested: bool,
}

/// Returns whether `tree` has a regular file at `path`.
pub fn is_file(tree: &Tree, path: &RepoPath) -> bool {
    tree.get(path).is_some_and(|entry| entry.mode.is_file())
}
