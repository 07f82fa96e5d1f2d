//! Allocations that the two sides of a merge have at different paths, without a common registry.
//!
//! With a base, a merge can see which side moved a file. Without one, the registries don't show it:
//! two branches that were adopted separately, or a new root with its own registry, may use the same
//! identity for two different files. If both files exist on both sides, the tree does not settle
//! the question either. So all paths are taken from one side, and the person merging decides which.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Allocation, Id, Origin, Registry, RepoPath};

use super::merge_input::{self, MergeError};
use super::merger::merge;

crate::words! {
    /// One of the two sides of a merge.
    pub enum MergeSide {
        /// The checked-out side.
        Ours = "ours",
        /// The side being merged in.
        Theirs = "theirs",
    }
}

impl MergeSide {
    /// Returns this side as seen when merging in the other direction.
    #[must_use]
    pub fn reversed(self) -> Self {
        match self {
            MergeSide::Ours => MergeSide::Theirs,
            MergeSide::Theirs => MergeSide::Ours,
        }
    }
}

/// An allocation that the two sides have at different paths, although each side has files at both
/// paths.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contested {
    /// The allocation.
    pub origin: Origin,
    /// The allocation's path on our side.
    pub ours: RepoPath,
    /// The allocation's path on their side.
    pub theirs: RepoPath,
    /// The allocation's identity on our side.
    pub id: Id,
}

impl Contested {
    /// Returns the allocation's path on the given side.
    pub fn path(&self, side: MergeSide) -> &RepoPath {
        match side {
            MergeSide::Ours => &self.ours,
            MergeSide::Theirs => &self.theirs,
        }
    }

    /// Returns the 'idhooks resolve' option that selects a side's paths.
    pub fn path_option(&self, side: MergeSide) -> String {
        format!("--path {}={}", self.origin, self.path(side).shell_quoted())
    }

    /// Returns the side that has the allocation at this path.
    pub fn side_with(&self, path: &RepoPath) -> Option<MergeSide> {
        MergeSide::ALL.into_iter().find(|side| self.path(*side) == path)
    }
}

/// Returns the contested allocations in two registries without a common base, sorted by origin;
/// empty if the registries cannot be merged.
///
/// A side's records decide whether it has a file: a record deprecated by a command may still have
/// one.
pub fn contested(ours: &Registry, theirs: &Registry) -> Vec<Contested> {
    // If only one side stores a record's origin, preparing the inputs copies it to the other side.
    // Otherwise, one allocation could look like two.
    let Ok([_, ours, theirs]) = merge_input::prepare(&Registry::new(ours.scope), ours, theirs)
    else {
        return Vec::new();
    };
    let [held_here, held_there] = [&ours, &theirs].map(|side| side.holders(|_| true));
    let there = theirs.by_origin();
    // A shadowed record does not hold its path, so it cannot compete for one.
    let is_held = |record: &&Allocation| record.is_active() && !record.shadowed;
    let both = ours.allocations.iter().filter(is_held);
    let both = both.filter_map(|one| Some((one, *there.get(&one.origin).filter(|r| is_held(r))?)));
    let parted = both.filter(|(one, other)| {
        one.path != other.path
            && held_here.contains_key(&other.path)
            && held_there.contains_key(&one.path)
    });
    let mut contested: Vec<Contested> = parted
        .map(|(one, other)| Contested {
            origin: one.origin,
            ours: one.path.clone(),
            theirs: other.path.clone(),
            id: one.id,
        })
        .collect();
    contested.sort();
    contested
}

/// Returns the side whose paths a registry uses for contested allocations; `None` if it uses paths
/// from both sides, or from neither. Allocations that are at neither path are ignored.
pub fn side_of(contested: &[Contested], registry: &Registry) -> Option<MergeSide> {
    let sides = sides_of(contested, registry);
    sides.first().copied().filter(|_| sides.len() == 1)
}

/// Returns whether a registry uses paths from both sides for contested allocations.
pub fn mixes_sides(contested: &[Contested], registry: &Registry) -> bool {
    sides_of(contested, registry).len() > 1
}

fn sides_of(contested: &[Contested], registry: &Registry) -> BTreeSet<MergeSide> {
    let records = registry.by_origin();
    let held = contested.iter().filter_map(|one| {
        let record = records.get(&one.origin).filter(|record| record.is_active())?;
        one.side_with(&record.path)
    });
    held.collect()
}

/// Returns the side whose paths sort first. It is the fallback if nothing else decides and no user
/// can be asked, because every clone makes the same choice.
pub fn smaller_side(contested: &[Contested]) -> MergeSide {
    let paths = |side| contested.iter().map(move |one| one.path(side));
    if paths(MergeSide::Ours).le(paths(MergeSide::Theirs)) {
        MergeSide::Ours
    } else {
        MergeSide::Theirs
    }
}

/// Merges two registries without a common base, taking the paths for contested allocations from one
/// side.
///
/// # Errors
/// Returns an error in the same cases as [`merge`].
pub fn merge_with_paths_of(
    side: MergeSide,
    ours: &Registry,
    theirs: &Registry,
) -> Result<Registry, MergeError> {
    let nothing = Registry::new(ours.scope);
    let contested = contested(ours, theirs);
    if contested.is_empty() {
        return merge(&nothing, ours, theirs);
    }
    let [_, mut ours, mut theirs] = merge_input::prepare(&nothing, ours, theirs)?;
    let (chosen, other) = match side {
        MergeSide::Ours => (&ours, &mut theirs),
        MergeSide::Theirs => (&theirs, &mut ours),
    };
    let paths = paths_of(side, &contested, chosen, other);
    for record in &mut other.allocations {
        if let Some(path) = paths.get(&record.origin) {
            record.path = path.clone();
        }
    }
    merge(&nothing, &ours, &theirs)
}

/// Returns the chosen side's paths for the contested allocations, and for the allocations they
/// displace: those at the same paths on the other side.
fn paths_of(
    side: MergeSide,
    contested: &[Contested],
    chosen: &Registry,
    other: &Registry,
) -> BTreeMap<Origin, RepoPath> {
    let (here, there) = (chosen.by_origin(), other.holders(|_| true));
    let mut paths: BTreeMap<Origin, RepoPath> = BTreeMap::new();
    // Placing one allocation may take another's path; that allocation must then move to its own
    // path on the chosen side, and so on. `open` follows these chains; checking `paths` breaks
    // cycles.
    let mut open: Vec<(Origin, RepoPath)> =
        contested.iter().map(|one| (one.origin, one.path(side).clone())).collect();
    while let Some((origin, path)) = open.pop() {
        if paths.contains_key(&origin) {
            continue;
        }
        let rival = there.get(&path).and_then(|rival| here.get(&rival.origin));
        let rival = rival.filter(|r| r.is_active() && r.origin != origin && r.path != path);
        open.extend(rival.map(|rival| (rival.origin, rival.path.clone())));
        paths.insert(origin, path);
    }
    paths
}
