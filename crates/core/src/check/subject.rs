//! [`Subject`]: what is checked.

use crate::config::Config;
use crate::registry::{Allocation, Registry, RepoPath, Tree};
use crate::rename::{Blobs, NoBlobs};

use super::carried::Carried;
use super::placement::{Parent, Placement, is_file};

/// A registry with its tree, to be checked against the configuration and the parents.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The registry.
    pub registry: &'a Registry,
    /// Its bytes, as stored.
    pub bytes: &'a [u8],
    /// The tree or index that it describes.
    pub tree: &'a Tree,
    /// The parents of the commit that are in the clone and have a registry.
    pub parents: &'a [Parent<'a>],
    /// The registry of the only parent, or the merge of the registries of all parents.
    pub merged: Option<&'a Registry>,
    /// Paths that keep the identity that a parent published, where the parents are healed.
    pub published: &'a Placement,
    /// The identities that files are known to carry.
    pub carriers: &'a [Carried],
    /// The contents of files.
    pub blobs: &'a dyn Blobs,
}

/// The placement of no path.
static NOWHERE: Placement = Placement::new();

impl<'a> Subject<'a> {
    /// Returns a registry and its tree, without a parent.
    pub fn new(config: &'a Config, registry: &'a Registry, tree: &'a Tree) -> Self {
        Subject {
            config,
            registry,
            bytes: &[],
            tree,
            parents: &[],
            merged: None,
            published: &NOWHERE,
            carriers: &[],
            blobs: &NoBlobs,
        }
    }

    /// Returns the records of all parents.
    pub(super) fn inherited(&self) -> impl Iterator<Item = &'a Allocation> {
        self.parents.iter().flat_map(|parent| &parent.registry.allocations)
    }

    pub(super) fn is_tracked(&self, path: &RepoPath) -> bool {
        is_tracked(self.config, self.tree, path)
    }
}

/// Returns whether a path of a tree gets an identity.
pub(super) fn is_tracked(config: &Config, tree: &Tree, path: &RepoPath) -> bool {
    is_file(tree, path) && config.tracks(path)
}
