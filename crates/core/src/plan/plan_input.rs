//! [`PlanInput`]: everything that a plan depends on; [`Plan`]: the result of planning.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use foldhash::fast::RandomState;

use crate::check::{Inherited, Parent, Placement};
use crate::config::Config;
use crate::registry::{
    Allocation, BlobId, CounterKey, Id, Origin, Records, Registry, RepoPath, Scope, Timestamp, Tree,
};
use crate::rename::{Blobs, Pair, Siblings};

use super::undecided::{NOTHING, Undecided};
use super::{AllocationLog, MoveLog, allocator::Continued};

/// Records that a commit deprecated or moved, and that may be revived or moved back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recent {
    /// The deprecated records.
    pub deprecated: BTreeSet<Origin>,
    /// The moved records, with their old paths.
    pub moved: BTreeMap<Origin, RepoPath>,
}

impl Recent {
    /// Returns the records that were deprecated or moved between two registries. The registries
    /// only need to contain the records that differ.
    pub fn between(before: Option<&Registry>, after: Option<&Registry>) -> Self {
        let active = after.into_iter().flat_map(Registry::active);
        let places = active.map(|record| (record.origin, &record.path));
        let paths: HashMap<Origin, &RepoPath, RandomState> = places.collect();
        let mut recent = Recent::default();
        for Allocation { origin, path, .. } in before.into_iter().flat_map(Registry::active) {
            match paths.get(origin) {
                None => drop(recent.deprecated.insert(*origin)),
                Some(now) if *now != path => drop(recent.moved.insert(*origin, path.clone())),
                Some(_) => {}
            }
        }
        recent
    }
}

/// A commit to be made, and the commits that it is based on.
#[derive(Clone, Copy)]
pub struct PlanInput<'a> {
    /// The rules.
    pub config: &'a Config,
    /// The repository's scope: six digits.
    pub scope: Scope,
    /// The files to be committed.
    pub index: &'a Tree,
    /// The commit's parents: HEAD first, then the commits being merged.
    pub parents: &'a [Parent<'a>],
    /// The parents' registry: HEAD's own, or the merge of all parents' registries.
    pub merged: Option<&'a Registry>,
    /// The records to start from: all records in `merged`, and any others that must not be lost.
    pub base: Option<&'a Registry>,
    /// The registry in the index.
    pub staged: Option<&'a Registry>,
    /// The contents of blobs.
    pub blobs: &'a dyn Blobs,
    /// The date for new records.
    pub now: Timestamp,
    /// Everything else.
    pub options: PlanOptions<'a>,
}

/// A commit being picked or reverted.
#[derive(Debug, Clone, Copy)]
pub struct ReplaySource<'a> {
    /// The commit.
    pub commit: Parent<'a>,
    /// The commit's first parent, if it has a registry.
    pub before: Option<Parent<'a>>,
}

impl<'a> ReplaySource<'a> {
    /// Returns the commit and its first parent.
    pub fn states(&self) -> impl Iterator<Item = Parent<'a>> + use<'a> {
        std::iter::once(self.commit).chain(self.before)
    }
}

impl<'a> PlanInput<'a> {
    /// Returns everything that the commit inherits from its parents.
    pub(super) fn inherited(&self) -> Inherited<'a> {
        let PlanInput { parents, merged, options, .. } = self;
        let PlanOptions { published, is_contested, .. } = *options;
        Inherited { parents, merged: *merged, published, is_contested }
    }

    /// Returns the registries whose evidence predates this commit: the registries stored in
    /// inconsistent parents, and the base of a commit being picked or reverted.
    pub(super) fn former(&self) -> impl Iterator<Item = &'a Registry> + use<'a> {
        let PlanOptions { outdated, sources, reverting, .. } = self.options;
        // A revert starts from the commit itself, a cherry-pick from the commit's parent.
        let base = move |source: &ReplaySource<'a>| match reverting {
            true => Some(source.commit.registry),
            false => source.before.map(|before| before.registry),
        };
        outdated.iter().copied().chain(sources.iter().filter_map(base))
    }
}

/// A plan's inputs in uncommon cases. The defaults are for a commit to which none of these cases
/// applies.
#[derive(Clone, Copy)]
pub struct PlanOptions<'a> {
    /// The whole registry, if `base` contains only some of its records.
    pub unread: Option<&'a dyn Records>,
    /// If `index` and the parents' trees contain only some of the paths, returns how many unchanged
    /// paths have this blob.
    pub unchanged: Option<&'a dyn Fn(BlobId) -> u32>,
    /// If the only parent's tree contains only some of the paths, returns the siblings of a file that
    /// the commit deletes.
    pub siblings: Option<&'a dyn Fn(&RepoPath) -> Siblings>,
    /// Other registries in this clone that may contain identities for files in the index: the
    /// working tree's registry, and the registry left in the index after a partial commit.
    pub offered: &'a [Registry],
    /// Paths that keep the identity published in a parent's registry, even if healing changes the
    /// other registries.
    pub published: &'a Placement,
    /// Whether paths are contested between the parents, which have no common base.
    pub is_contested: bool,
    /// The commits being picked or reverted.
    pub sources: &'a [ReplaySource<'a>],
    /// The registries stored in inconsistent parents. Whatever the staged registry repeats from
    /// them was not changed by this commit.
    pub outdated: &'a [&'a Registry],
    /// Whether a commit is being reverted.
    pub reverting: bool,
    /// Returns the records that HEAD (0) or its first parent (1) deprecated or moved; called only
    /// if the answer matters.
    pub recent: &'a dyn Fn(usize) -> Recent,
    /// Returns whether the file at a path was already there before the rules excluded this
    /// allocation; called only if the answer may revive the allocation and the content does not
    /// settle the question.
    pub has_stayed: &'a dyn Fn(&RepoPath, Origin) -> bool,
    /// Returns whether any commit in this clone has the allocation at this path; called only if the
    /// staged registry has it there and no other evidence supports it.
    pub witness: &'a dyn Fn(Origin, &RepoPath) -> bool,
    /// The identities that this clone has allocated before.
    pub given: Option<&'a AllocationLog>,
    /// The renames that were reported in this working tree; for the commit being made only.
    pub moved: Option<&'a MoveLog>,
    /// Whether a parent had to be healed; if so, the staged registry may have the same faults.
    pub is_healed: bool,
    /// The files and records that the parents left undecided.
    pub undecided: &'a Undecided,
    /// Whether the plan is for an existing commit, and so must not depend on what this clone
    /// contains.
    pub is_healing: bool,
    /// Whether files excluded by a `[rename]` limit keep their identities as undecided. Used for
    /// existing commits, because there is no user to ask about them.
    pub keeps_skipped: bool,
    /// Whether new files get identities; otherwise they are only listed.
    pub allocate: bool,
    /// Called after each new identity.
    pub progress: &'a dyn Fn(),
}

/// An empty placement.
static NOWHERE: Placement = Placement::new();

impl Default for PlanOptions<'_> {
    fn default() -> Self {
        PlanOptions {
            unread: None,
            unchanged: None,
            siblings: None,
            offered: &[],
            published: &NOWHERE,
            is_contested: false,
            sources: &[],
            outdated: &[],
            reverting: false,
            recent: &|_| Recent::default(),
            has_stayed: &|_, _| true,
            witness: &|_, _| true,
            given: None,
            moved: None,
            is_healed: false,
            undecided: &NOTHING,
            is_healing: false,
            keeps_skipped: false,
            allocate: true,
            progress: &|| {},
        }
    }
}

/// The registry that a commit must contain.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The registry.
    pub registry: Registry,
    /// Tracked files without an identity, if `allocate` is not set.
    pub missing: Vec<RepoPath>,
    /// Files and records that were left alone because the clone lacks commits or contents, or
    /// because of a limit.
    pub undecided: Undecided,
    /// The undecided files and records that depend on contents needed for this commit's changes.
    pub unread: Undecided,
    /// How many identities were deprecated either because their files were deleted, or because a
    /// `[rename]` limit excluded the renames of similar files; it is unknown which.
    pub at_stake: usize,
    /// Identities whose manual edits in the staged registry were undone, because neither a rule nor
    /// a command explains them.
    pub undone: Vec<Undone>,
    /// New files that got a new identity but may be rewritten versions of deleted files.
    pub possible_renames: Vec<PossibleRename>,
    /// Identities of deleted files whose paths now have other files with new identities.
    pub unrevived: Vec<Unrevived>,
    /// The new identities whose counters were full.
    pub continued: Continued,
}

/// The identity of a deleted file whose path now has another file with a new identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrevived {
    /// The identity.
    pub id: Id,
    /// The path.
    pub path: RepoPath,
}

impl Plan {
    /// Returns whether every tracked file has an identity and nothing was left alone.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.undecided.is_empty()
    }
}

/// A new file that got a new identity but may be a rewritten version of a deleted file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PossibleRename {
    /// The deleted file's identity.
    pub id: Id,
    /// The deleted file and the new file.
    pub pair: Pair,
}

/// The reason a plan cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A counter and those in which it continues have no sequence left for this path.
    #[error("no sequence is left for '{path}' in counter {counter} and those it continues in")]
    Capacity {
        /// The counter that is full, along with its chain.
        counter: CounterKey,
        /// The file that needs a sequence.
        path: RepoPath,
    },
}

/// An identity whose manual edit in the staged registry was undone, because neither a rule nor a
/// command explains it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undone {
    /// The identity.
    pub id: Id,
    /// The record's path.
    pub path: RepoPath,
}
