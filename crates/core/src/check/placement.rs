//! [`Subject`]: what is checked; [`Placement`]: the identities that paths keep from parent commits.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::config::Config;
use crate::registry::{Allocation, Entry, Origin, Registry, RepoPath, Status, Tree};
use crate::rename::{Blobs, NoBlobs};

use super::carried::Carried;

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

/// Returns the allocations that paths must keep: condition (4) of a consistent commit.
///
/// With one parent: the allocation that the path had there. With several: the one that `merged`,
/// the merge of the parents' registries, has for the path, if a parent had it there; otherwise the
/// most senior one that a parent had there and that is not placed yet, preferably one that the merge does
/// not end. The result does not depend on the order of parents.
pub fn placement(
    parents: &[Parent<'_>],
    merged: Option<&Registry>,
    is_tracked: &dyn Fn(&RepoPath) -> bool,
) -> Placement {
    placement_unless(parents, merged, is_tracked, (&|_, _| false, &|_, _| false))
}

/// Whether something is true of an allocation at a path.
type AtPath<'a> = &'a dyn Fn(&RepoPath, &Origin) -> bool;

/// Does the same, but leaves out allocations that ended at a path, and puts those last that are elsewhere.
fn placement_unless(
    parents: &[Parent<'_>],
    merged: Option<&Registry>,
    is_tracked: &dyn Fn(&RepoPath) -> bool,
    (is_ended, is_elsewhere): (AtPath<'_>, AtPath<'_>),
) -> Placement {
    let held: Vec<_> = parents.iter().map(Parent::held).collect();
    if let [only] = held.as_slice() {
        let still = only.iter().filter(|(path, _)| is_tracked(path));
        return still.map(|(path, record)| ((*path).clone(), record.origin)).collect();
    }
    let Some(merged) = merged else { return Placement::new() };
    let records = merged.by_origin();
    let merged_holders = merged.holders(is_tracked);
    let mut candidates: BTreeMap<&RepoPath, BTreeSet<Origin>> = BTreeMap::new();
    for (path, record) in held.iter().flatten().filter(|(path, _)| is_tracked(path)) {
        candidates.entry(path).or_default().insert(record.origin);
    }
    let mut last: BTreeSet<(&RepoPath, Origin)> = BTreeSet::new();
    for (path, origins) in candidates.iter_mut().filter(|(_, origins)| origins.len() > 1) {
        origins.retain(|origin| !is_ended(path, origin));
        last.extend(origins.iter().filter(|o| is_elsewhere(path, o)).map(|o| (*path, *o)));
    }
    let mut placement = Placement::new();
    let mut placed = BTreeSet::new();
    for (path, origins) in &candidates {
        let holder = merged_holders.get(path).map(|record| record.origin);
        let holder = holder.filter(|origin| origins.contains(origin));
        if let Some(origin) = holder.filter(|origin| !last.contains(&(*path, *origin))) {
            placed.insert(origin);
            placement.insert((*path).clone(), origin);
        }
    }
    for is_last in [false, true] {
        for (path, origins) in &candidates {
            if placement.contains_key(*path) {
                continue;
            }
            let origins = origins.iter().filter(|o| last.contains(&(*path, **o)) == is_last);
            let known = origins.filter_map(|origin| records.get(origin));
            let free =
                known.filter(|r| !placed.contains(&r.origin) && r.status != Status::Superseded);
            if let Some(record) = free.min_by_key(|r| (!r.is_active(), r.seniority())) {
                placed.insert(record.origin);
                placement.insert((*path).clone(), record.origin);
            }
        }
    }
    placement
}

/// What a commit has of its parents.
#[derive(Debug, Clone, Copy)]
pub struct Inherited<'a> {
    /// The parents that have a registry.
    pub parents: &'a [Parent<'a>],
    /// The registry of the only one, or the merge of their registries.
    pub merged: Option<&'a Registry>,
    /// What they published, where they are healed.
    pub published: &'a Placement,
    /// Whether they contest paths, because they have no common base: then the merge has the paths of one
    /// side, whatever files it has.
    pub is_contested: bool,
}

/// Returns the same for a merge of `tree`, and for healed parents: what they really `published` for a path
/// takes precedence, unless the merge has the file of a parent that has another identity there. An
/// identity that ended in the parents whose file the merge has does not return with that of another one,
/// and one that came to a path with a file does not come without it.
pub fn placement_in_tree(
    inherited: &Inherited<'_>,
    tree: &Tree,
    is_tracked: &dyn Fn(&RepoPath) -> bool,
) -> Placement {
    let Inherited { parents, merged, published, is_contested } = *inherited;
    // Whether the merge has the file of one or more parents at a path, and this is true of all of them.
    let all_with_file = |path: &RepoPath, is_true: &dyn Fn(usize) -> bool| {
        let has_file = |n: &usize| parents[*n].tree.get(path) == tree.get(path);
        let mut with_file = (0..parents.len()).filter(has_file).peekable();
        with_file.peek().is_some() && with_file.all(is_true)
    };
    let is_ended = |path: &RepoPath, origin: &Origin| {
        all_with_file(path, &|n| {
            let mut records = parents[n].registry.allocations.iter();
            records.any(|record| record.origin == *origin && record.revives())
        })
    };
    let held = LazyCell::new(|| parents.iter().map(Parent::held).collect::<Vec<_>>());
    // The parents that have the identity at the path have there the very file that it has elsewhere in
    // those whose file the merge has at the path.
    let stays_elsewhere = |path: &RepoPath, origin: &Origin| {
        let mut there = (0..parents.len())
            .filter(|n| held[*n].get(path).is_some_and(|it| it.origin == *origin))
            .filter_map(|n| parents[n].tree.get(path));
        let is_there = |file: &Entry| {
            all_with_file(path, &|n| {
                let mut others = held[n].iter().filter(|(_, record)| record.origin == *origin);
                others.any(|(other, _)| *other != path && parents[n].tree.get(*other) == Some(file))
            })
        };
        !is_contested && there.all(is_there)
    };
    let rules: (AtPath<'_>, AtPath<'_>) = (&is_ended, &stays_elsewhere);
    let mut places = placement_unless(parents, merged, is_tracked, rules);
    let is_of_another = |path: &RepoPath, origin: &Origin| {
        all_with_file(path, &|n| held[n].get(path).is_some_and(|it| it.origin != *origin))
    };
    let published = published.iter().filter(|(path, _)| is_tracked(path));
    let published = published.filter(|(path, origin)| !is_of_another(path, origin));
    let published: Placement = published.map(|(path, origin)| (path.clone(), *origin)).collect();
    let placed: BTreeSet<Origin> = published.values().copied().collect();
    places.retain(|_, origin| !placed.contains(origin));
    places.extend(published);
    places
}

/// Returns whether `tree` has a regular file at `path`.
pub fn is_file(tree: &Tree, path: &RepoPath) -> bool {
    tree.get(path).is_some_and(|entry| entry.mode.is_file())
}

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
    /// Whether the parents contest paths, because they have no common base.
    pub is_contested: bool,
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
            is_contested: false,
            carriers: &[],
            blobs: &NoBlobs,
        }
    }

    /// Returns the records of all parents.
    pub(super) fn inherited(&self) -> impl Iterator<Item = &'a Allocation> {
        self.parents.iter().flat_map(|parent| &parent.registry.allocations)
    }

    /// Returns what it has of its parents.
    pub(super) fn parents_merged(&self) -> Inherited<'a> {
        let Subject { parents, merged, published, is_contested, .. } = *self;
        Inherited { parents, merged, published, is_contested }
    }

    pub(super) fn is_tracked(&self, path: &RepoPath) -> bool {
        is_tracked(self.config, self.tree, path)
    }
}

/// Returns whether a path of a tree gets an identity.
pub(super) fn is_tracked(config: &Config, tree: &Tree, path: &RepoPath) -> bool {
    is_file(tree, path) && config.tracks(path)
}
