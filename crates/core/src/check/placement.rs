//! [`Subject`]: what is checked; [`Placement`]: the identities that paths keep from parent commits.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldhash::fast::RandomState;

use crate::config::Config;
use crate::registry::{Allocation, Origin, Registry, RepoPath, Status, Tree, key};
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
    placement_over(parents, merged, is_tracked, None)
}

/// Does the same; `files`, those of a merge, show which allocations ended at a path, and which must come last.
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
    let mut last: BTreeSet<(&RepoPath, Origin)> = BTreeSet::new();
    for (path, origins) in candidates.iter_mut().filter(|(_, origins)| origins.len() > 1) {
        let Some(files) = files else { break };
        origins.retain(|origin| !files.have_ended(path, *origin));
        last.extend(origins.iter().filter(|o| files.yields(path, **o)).map(|o| (*path, *o)));
    }
    if let Some(files) = files {
        for (origin, mut paths) in apart(&held) {
            paths.retain(|path| candidates.get(path).is_some_and(|all| all.contains(&origin)));
            last.extend(files.left_behind(origin, &paths).map(|path| (path, origin)));
        }
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
    // Where another one comes before it, its path is not the one that the merge has.
    let comes_last = |path: &RepoPath, origin: Origin| {
        let is_before = |other: &Origin| {
            !last.contains(&(path, *other))
                && records.get(other).is_some_and(|record| record.status != Status::Superseded)
        };
        last.contains(&(path, origin))
            && candidates.get(path).is_some_and(|others| others.iter().any(is_before))
    };
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

/// Returns the allocations that parents hold at different paths, with these.
fn apart<'a>(
    held: &[BTreeMap<&'a RepoPath, &Allocation>],
) -> BTreeMap<Origin, BTreeSet<&'a RepoPath>> {
    let mut first: HashMap<Origin, &RepoPath, RandomState> = HashMap::default();
    let mut apart: BTreeMap<Origin, BTreeSet<&RepoPath>> = BTreeMap::new();
    for (path, record) in held.iter().flatten() {
        let before = first.entry(record.origin).or_insert(path);
        if before != path {
            apart.entry(record.origin).or_default().extend([*before, *path]);
        }
    }
    apart
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

/// The parents of a merge, and which of them have the file that it has at a path.
struct MergedFiles<'a> {
    parents: &'a [Parent<'a>],
    tree: &'a Tree,
    /// Whether the merge has the paths of one side, whatever files it has.
    is_contested: bool,
    /// The holders in each parent.
    held: OnceCell<Vec<BTreeMap<&'a RepoPath, &'a Allocation>>>,
    /// The records of each parent.
    records: OnceCell<Vec<BTreeMap<Origin, &'a Allocation>>>,
}

impl<'a> MergedFiles<'a> {
    fn of(inherited: &Inherited<'a>, tree: &'a Tree) -> Self {
        let Inherited { parents, is_contested, .. } = *inherited;
        let (held, records) = Default::default();
        MergedFiles { parents, tree, is_contested, held, records }
    }

    fn held(&self, parent: usize) -> &BTreeMap<&'a RepoPath, &'a Allocation> {
        &self.held.get_or_init(|| self.parents.iter().map(Parent::held).collect())[parent]
    }

    fn record(&self, parent: usize, origin: Origin) -> Option<&'a Allocation> {
        let records = || self.parents.iter().map(|parent| parent.registry.by_origin()).collect();
        let records: &Vec<BTreeMap<_, _>> = self.records.get_or_init(records);
        records[parent].get(&origin).copied()
    }

    /// Returns whether the merge has the file of one or more parents at a path, and this is true of all of
    /// them.
    fn all_with_file(&self, path: &RepoPath, is_true: &dyn Fn(usize) -> bool) -> bool {
        let has_file = |n: &usize| self.parents[*n].tree.get(path) == self.tree.get(path);
        let mut with_file = (0..self.parents.len()).filter(has_file).peekable();
        with_file.peek().is_some() && with_file.all(is_true)
    }

    /// Returns the parents that have an allocation at a path.
    fn holding(&self, path: &RepoPath, origin: Origin) -> impl Iterator<Item = usize> {
        let holds = move |n: &usize| self.held(*n).get(path).is_some_and(|it| it.origin == origin);
        (0..self.parents.len()).filter(holds)
    }

    /// Returns whether an allocation ended in the parents whose file the merge has at a path.
    fn have_ended(&self, path: &RepoPath, origin: Origin) -> bool {
        self.all_with_file(path, &|n| self.record(n, origin).is_some_and(Allocation::revives))
    }

    /// Returns whether those that have another allocation at a path have the file that the merge has there.
    fn are_of_another(&self, path: &RepoPath, origin: Origin) -> bool {
        self.all_with_file(path, &|n| {
            self.held(n).get(path).is_some_and(|record| record.origin != origin)
        })
    }

    /// Returns whether only the merge has an allocation of its parents at a path, where it has the file of
    /// another one, and no command said so.
    fn have_misplaced(&self, record: &Allocation) -> bool {
        let (path, origin) = (&record.path, record.origin);
        let mut known = (0..self.parents.len()).filter_map(|n| self.record(n, origin)).peekable();
        !self.is_contested
            && known.peek().is_some()
            && known.all(|known| known.path != *path && !record.adds_evidence_to(known))
            && self.are_of_another(path, origin)
    }

    /// Returns whether a command put the record of the merge elsewhere than at the path, where parents have it:
    /// the merge has another file there, or the `holder` is one that the command made for it.
    fn has_left(&self, path: &RepoPath, record: &Allocation, holder: Option<&Allocation>) -> bool {
        let origin = record.origin;
        let mut known = (0..self.parents.len()).filter_map(|n| self.record(n, origin));
        let there = || self.holding(path, origin);
        let is_new = |holder: &Allocation| {
            holder.reassigned_from().any(|from| from == origin)
                && there().all(|n| self.record(n, holder.origin).is_none())
        };
        record.is_active()
            && record.path != *path
            && known.any(|known| record.adds_evidence_to(known))
            && (there().all(|n| self.parents[n].tree.get(path) != self.tree.get(path))
                || holder.is_some_and(is_new))
    }

    /// Returns whether an allocation came to a path with a file that the merge does not have there.
    fn yields(&self, path: &RepoPath, origin: Origin) -> bool {
        !self.is_contested
            && (self.stays_elsewhere(path, origin) || self.lacks_its_file(path, origin))
    }

    /// Returns those of the paths at which parents have the allocation where the merge has another file than
    /// they, if it has their file at another one: git put another file there. A command may have.
    fn left_behind<'p>(
        &self,
        origin: Origin,
        paths: &BTreeSet<&'p RepoPath>,
    ) -> impl Iterator<Item = &'p RepoPath> {
        let has_file = |path: &&RepoPath| {
            let mut there = self.holding(path, origin).map(|n| self.parents[n].tree.get(*path));
            there.any(|file| file == self.tree.get(*path))
        };
        let is_noted = |path: &RepoPath| {
            let mut there = self.holding(path, origin).filter_map(|n| self.record(n, origin));
            there.any(|record| record.text(key::MOVED_FROM).is_some())
        };
        let (with, mut without): (Vec<&RepoPath>, Vec<&RepoPath>) = match paths.len() {
            0 | 1 => Default::default(),
            _ => paths.iter().copied().partition(has_file),
        };
        without.retain(|path| !self.is_contested && !with.is_empty() && !is_noted(path));
        without.into_iter()
    }

    /// Returns whether the parents that have the allocation at the path have there the very file that it has
    /// elsewhere in those whose file the merge has at the path.
    fn stays_elsewhere(&self, path: &RepoPath, origin: Origin) -> bool {
        let mut there = self.holding(path, origin).filter_map(|n| self.parents[n].tree.get(path));
        there.all(|file| {
            self.all_with_file(path, &|n| {
                let mut others = self.held(n).iter().filter(|(_, it)| it.origin == origin);
                let tree = self.parents[n].tree;
                others.any(|(other, _)| *other != path && tree.get(*other) == Some(file))
            })
        })
    }

    /// Returns whether the parents that have the allocation at the path gave it to another file there than the
    /// one that the merge has, without a command: in those that have this file it is elsewhere, or another one
    /// shadows it, or it was made for a new one after they parted.
    fn lacks_its_file(&self, path: &RepoPath, origin: Origin) -> bool {
        let has_left = |before: Origin, n: usize| {
            let record = self.record(n, before);
            record.is_none_or(|r| r.revives() || (r.is_active() && r.path != *path))
        };
        let is_noted = |known: &Allocation, n: usize| {
            self.record(n, origin).is_some_and(|record| record.adds_evidence_to(known))
        };
        self.all_with_file(path, &|n| {
            let Some(holder) = self.held(n).get(path).map(|record| record.origin) else {
                return false;
            };
            let mut there = self.holding(path, origin);
            match self.record(n, origin) {
                None => there.all(|m| has_left(holder, m)),
                Some(known) => {
                    known.is_active() && holder != origin && !there.any(|m| is_noted(known, m))
                }
            }
        })
    }
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
    let Inherited { parents, merged, published, .. } = *inherited;
    let files = MergedFiles::of(inherited, tree);
    let mut places = placement_over(parents, merged, is_tracked, Some(&files));
    let published = published.iter().filter(|(path, _)| is_tracked(path));
    let published = published.filter(|(path, origin)| !files.are_of_another(path, **origin));
    let published: Placement = published.map(|(path, origin)| (path.clone(), *origin)).collect();
    let placed: BTreeSet<Origin> = published.values().copied().collect();
    places.retain(|_, origin| !placed.contains(origin));
    places.extend(published);
    places
}

/// Returns the active records of parents that only a merge of `tree` has at their paths, where it has the
/// files of other ones: the merge driver, which sees no files, lets them follow a rename of the file before
/// theirs.
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
