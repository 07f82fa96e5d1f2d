//! [`Placement`]: the identities that paths keep from parent commits.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Allocation, Origin, Registry, RepoPath, Status, Tree};

/// The registry and tree of a parent commit.
#[derive(Debug, Clone, Copy)]
pub struct Parent<'a> {
    /// Its registry.
    pub registry: &'a Registry,
    /// Its tree.
    pub tree: &'a Tree,
}

/// Paths that a parent held and that still exist, with the allocation each must keep.
pub type Placement = BTreeMap<RepoPath, Origin>;

/// Returns the allocations that paths must keep: condition (4) of a consistent commit.
///
/// With one parent: the allocation that the path had there. With several: the one that `merged`,
/// the merge of the parents' registries, has for the path, if a parent had it there; otherwise the
/// most senior one that a parent had there and that is not placed yet. The result does not depend
/// on the order of parents.
pub fn placement(
    parents: &[Parent<'_>],
    merged: Option<&Registry>,
    is_tracked: &dyn Fn(&RepoPath) -> bool,
) -> Placement {
    let held: Vec<_> = parents.iter().map(|parent| held_in(parent)).collect();
    if let [only] = held.as_slice() {
        let still = only.iter().filter(|(path, _)| is_tracked(path));
        return still.map(|(path, record)| ((*path).clone(), record.origin)).collect();
    }
    let Some(merged) = merged else { return Placement::new() };
    let records: BTreeMap<Origin, &Allocation> =
        merged.allocations.iter().map(|a| (a.origin, a)).collect();
    let merged_holders = merged.holders(is_tracked);
    let candidates = candidates(&held, is_tracked);
    let mut placement = Placement::new();
    let mut placed = BTreeSet::new();
    for (path, origins) in &candidates {
        let holder = merged_holders.get(path).map(|record| record.origin);
        if let Some(origin) = holder.filter(|origin| origins.contains(origin)) {
            placed.insert(origin);
            placement.insert((*path).clone(), origin);
        }
    }
    for (path, origins) in &candidates {
        if placement.contains_key(*path) {
            continue;
        }
        let known = origins.iter().filter_map(|origin| records.get(origin));
        let free = known.filter(|r| !placed.contains(&r.origin) && r.status != Status::Superseded);
        if let Some(record) = free.min_by_key(|record| record.seniority()) {
            placed.insert(record.origin);
            placement.insert((*path).clone(), record.origin);
        }
    }
    placement
}

/// Returns the same for healed parents: what they really `published` for a path takes precedence.
pub fn placement_with_published(
    parents: &[Parent<'_>],
    merged: Option<&Registry>,
    published: &Placement,
    is_tracked: &dyn Fn(&RepoPath) -> bool,
) -> Placement {
    let mut places = placement(parents, merged, is_tracked);
    let published = published.iter().filter(|(path, _)| is_tracked(path));
    let published: Placement = published.map(|(path, origin)| (path.clone(), *origin)).collect();
    let placed: BTreeSet<Origin> = published.values().copied().collect();
    places.retain(|_, origin| !placed.contains(origin));
    places.extend(published);
    places
}

/// Returns the holders of paths that exist in the parent.
fn held_in<'a>(parent: &Parent<'a>) -> BTreeMap<&'a RepoPath, &'a Allocation> {
    let is_file = |path: &RepoPath| is_file(parent.tree, path);
    let mut held = parent.registry.holders(is_file);
    held.retain(|path, _| is_file(path));
    held
}

/// Returns whether `tree` has a regular file at `path`.
pub fn is_file(tree: &Tree, path: &RepoPath) -> bool {
    tree.get(path).is_some_and(|entry| entry.mode.is_file())
}

fn candidates<'a>(
    held: &[BTreeMap<&'a RepoPath, &'a Allocation>],
    is_tracked: &dyn Fn(&RepoPath) -> bool,
) -> BTreeMap<&'a RepoPath, BTreeSet<Origin>> {
    let mut candidates: BTreeMap<&RepoPath, BTreeSet<Origin>> = BTreeMap::new();
    for (path, record) in held.iter().flatten().filter(|(path, _)| is_tracked(path)) {
        candidates.entry(path).or_default().insert(record.origin);
    }
    candidates
}
