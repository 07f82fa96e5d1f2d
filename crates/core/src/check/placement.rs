//! [`Subject`]: the checks' input; [`placement()`]: the identities that paths must keep.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldhash::fast::RandomState;

use crate::config::Config;
use crate::registry::{Allocation, Origin, Registry, RepoPath, Status, Tree};
use crate::rename::{Blobs, NoBlobs};

use super::carried_id::Carried;
use super::merged_files::MergedFiles;
use super::parents::{Inherited, Parent, Placement, is_file};

/// Returns the allocations that paths must keep: condition (4) for a consistent commit.
///
/// With one parent, a path keeps the allocation that it had there. With several parents, it keeps
/// its allocation in `merged`, the merge of the parents' registries, if a parent had this
/// allocation at the path. Otherwise it gets the most senior allocation that a parent had there and
/// that has not been placed yet, preferably one that the merge does not end. The result does not
/// depend on the order of the parents.
pub fn placement(
    parents: &[Parent<'_>],
    merged: Option<&Registry>,
    is_tracked: &dyn Fn(&RepoPath) -> bool,
) -> Placement {
    placement_over(parents, merged, is_tracked, None)
}

/// Like [`placement`], but uses a merge's `files` to determine which allocations ended at a path,
/// and which ones are considered last.
fn placement_over(
    parents: &[Parent<'_>],
    merged: Option<&Registry>,
    is_tracked: &dyn Fn(&RepoPath) -> bool,
    files: Option<&MergedFiles<'_>>,
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
    let last = files.map(|files| find_last(files, &held, &mut candidates)).unwrap_or_default();
    let mut placement = Placement::new();
    let mut placed = BTreeSet::new();
    // The merge's holders are placed first, so that they are not placed at another path.
    for (path, origins) in &candidates {
        let holder = merged_holders.get(path).map(|record| record.origin);
        let holder = holder.filter(|origin| origins.contains(origin));
        if let Some(origin) = holder.filter(|origin| !last.contains(&(*path, *origin))) {
            placed.insert(origin);
            placement.insert((*path).clone(), origin);
        }
    }
    // If another allocation takes precedence at a path, this one is absent from the merge result
    // there.
    let comes_last = |path: &RepoPath, origin: Origin| {
        let is_before = |other: &Origin| {
            !last.contains(&(path, *other))
                && records.get(other).is_some_and(|record| record.status != Status::Superseded)
        };
        last.contains(&(path, origin))
            && candidates.get(path).is_some_and(|others| others.iter().any(is_before))
    };
    // An allocation that is considered last at a path gets the path only if no other allocation
    // takes it.
    for is_last in [false, true] {
        for (path, origins) in &candidates {
            if placement.contains_key(*path) {
                continue;
            }
            let origins = origins.iter().filter(|o| last.contains(&(*path, **o)) == is_last);
            let known = origins.filter_map(|origin| records.get(origin));
            let holder = merged_holders.get(path).copied();
            let has_left = |record: &Allocation| {
                let to = &record.path;
                let holds = merged_holders.get(to).is_some_and(|it| it.origin == record.origin);
                is_tracked(to)
                    && holds
                    && !comes_last(to, record.origin)
                    && files.is_some_and(|files| files.has_left(path, record, holder))
            };
            let free = known.filter(|r| {
                !placed.contains(&r.origin) && r.status != Status::Superseded && !has_left(r)
            });
            if let Some(record) = free.min_by_key(|r| (!r.is_active(), r.seniority())) {
                placed.insert(record.origin);
                placement.insert((*path).clone(), record.origin);
            }
        }
    }
    placement
}

/// Removes the candidates that have ended at their path, and returns the candidates that are
/// considered last at a path.
fn find_last<'a>(
    files: &MergedFiles<'_>,
    held: &[BTreeMap<&'a RepoPath, &Allocation>],
    candidates: &mut BTreeMap<&'a RepoPath, BTreeSet<Origin>>,
) -> BTreeSet<(&'a RepoPath, Origin)> {
    let mut last = BTreeSet::new();
    for (path, origins) in candidates.iter_mut().filter(|(_, origins)| origins.len() > 1) {
        origins.retain(|origin| !files.have_ended(path, *origin));
        last.extend(origins.iter().filter(|o| files.yields(path, **o)).map(|o| (*path, *o)));
    }
    for (origin, paths) in apart(held, candidates) {
        let left_behind = files.left_behind(origin, &paths).into_iter();
        last.extend(left_behind.map(|path| (path, origin)));
    }
    last
}

/// Returns the allocations that are at different paths in different parents and are candidates at
/// several of these paths, each with those paths.
fn apart<'a>(
    held: &[BTreeMap<&'a RepoPath, &Allocation>],
    candidates: &BTreeMap<&RepoPath, BTreeSet<Origin>>,
) -> BTreeMap<Origin, BTreeSet<&'a RepoPath>> {
    let mut first: HashMap<Origin, &RepoPath, RandomState> = HashMap::default();
    let mut apart: BTreeMap<Origin, BTreeSet<&RepoPath>> = BTreeMap::new();
    for (path, record) in held.iter().flatten() {
        let before = first.entry(record.origin).or_insert(path);
        if before != path {
            apart.entry(record.origin).or_default().extend([*before, *path]);
        }
    }
    // If one side renamed a file, its old path is gone and no longer a candidate.
    apart.retain(|origin, paths| {
        paths.retain(|path| candidates.get(path).is_some_and(|all| all.contains(origin)));
        paths.len() > 1
    });
    apart
}

/// Like [`placement`], but takes into account the files in a merge's `tree` and the identities that
/// healed parents actually `published`. A published identity takes precedence at its path, unless
/// the merge has a parent's file with another identity there. An identity that has ended in the
/// parents that have the merge's file does not return to another identity's file, and an identity
/// that came to a path with a file is not placed there without that file.
pub fn placement_in_tree(
    inherited: &Inherited<'_>,
    tree: &Tree,
    is_tracked: &dyn Fn(&RepoPath) -> bool,
) -> Placement {
    let Inherited { parents, merged, published, .. } = *inherited;
    let files = MergedFiles::of(inherited, tree);
    let mut places = placement_over(parents, merged, is_tracked, Some(&files));
    let published = published.iter().filter(|(path, _)| is_tracked(path));
    let published = published.filter(|(path, origin)| !files.are_of_another(path, **origin));
    let published: Placement = published.map(|(path, origin)| (path.clone(), *origin)).collect();
    let placed: BTreeSet<Origin> = published.values().copied().collect();
    // No identity may be placed at two paths, so published identities are removed before they are
    // added.
    places.retain(|_, origin| !placed.contains(origin));
    places.extend(published);
    places
}

/// Returns the active records that the parents have only at other paths, if the files in `tree` at
/// their current paths belong to other records. The merge driver, which sees no files, moves such
/// records when the file that was there before is renamed.
pub fn misplaced<'r>(
    inherited: &Inherited<'_>,
    tree: &Tree,
    records: impl IntoIterator<Item = &'r Allocation>,
) -> Vec<&'r Allocation> {
    if inherited.parents.len() < 2 {
        return Vec::new();
    }
    let files = MergedFiles::of(inherited, tree);
    records.into_iter().filter(|r| r.is_active() && files.have_misplaced(r)).collect()
}

/// A registry and its tree, to be checked against the configuration and the parents.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The registry.
    pub registry: &'a Registry,
    /// The registry's bytes, as stored.
    pub bytes: &'a [u8],
    /// The tree or index that the registry describes.
    pub tree: &'a Tree,
    /// The commit's parents that exist in the clone and have a registry.
    pub parents: &'a [Parent<'a>],
    /// The only parent's registry, or the merge of all parents' registries.
    pub merged: Option<&'a Registry>,
    /// The identities that paths keep because healed parents published them.
    pub published: &'a Placement,
    /// Whether the parents contest paths because they have no common base.
    pub is_contested: bool,
    /// The identities that files are known to carry in their content or name.
    pub carriers: &'a [Carried],
    /// Access to files' contents.
    pub blobs: &'a dyn Blobs,
}

/// An empty placement.
static NOWHERE: Placement = Placement::new();

impl<'a> Subject<'a> {
    /// Returns a subject for a registry and its tree, without parents.
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
    pub fn inherited(&self) -> impl Iterator<Item = &'a Allocation> {
        self.parents.iter().flat_map(|parent| &parent.registry.allocations)
    }

    /// Returns the state that the commit inherits from its parents.
    pub(super) fn parents_merged(&self) -> Inherited<'a> {
        let Subject { parents, merged, published, is_contested, .. } = *self;
        Inherited { parents, merged, published, is_contested }
    }

    /// Returns whether the commit has a file at the path that its rules track.
    pub fn is_tracked(&self, path: &RepoPath) -> bool {
        is_tracked(self.config, self.tree, path)
    }
}

/// Returns whether the file at a path in a tree gets an identity.
pub(super) fn is_tracked(config: &Config, tree: &Tree, path: &RepoPath) -> bool {
    is_file(tree, path) && config.tracks(path)
}
