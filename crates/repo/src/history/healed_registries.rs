//! Reads and replaces the registries of individual commits.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use idhooks_core::config::{RenameLimits, is_own};
use idhooks_core::plan::{Plan, Undecided};
use idhooks_core::registry::{
    Allocation, BlobId, Change, Entry, Id, Origin, REGISTRY_PATH, Registry, Tree,
};

use crate::git::{CommitId, Repo, TreeId};
use crate::state::{StateError, counted_tree, read_trusted};

/// The healed registries of inconsistent commits, and the files that they leave undecided.
#[derive(Debug, Clone, Default)]
pub(crate) struct Healed {
    /// The `[rename]` limits in the commits that heal. They apply where a healed commit's own
    /// limits are lower.
    pub(crate) limits: RenameLimits,
    commits: BTreeMap<CommitId, HealedCommit>,
    /// The registries that count in merge bases which have none that can be used.
    bases: BTreeMap<CommitId, Registry>,
}

/// A commit's healed registry, as far as this clone can compute it.
#[derive(Debug, Clone)]
pub(crate) struct HealedCommit {
    /// Shared, because commits that only edit files have their parent's registry.
    pub(crate) registry: Rc<Registry>,
    pub(crate) undecided: Undecided,
    /// The allocations that are in the healed registry and in an earlier commit, but not in this
    /// commit.
    pub(crate) restored: BTreeSet<Origin>,
    /// Whether every tracked file has an identity.
    pub(super) is_whole: bool,
}

impl HealedCommit {
    pub(crate) fn new(registry: Registry, undecided: Undecided) -> Self {
        let (registry, restored) = (Rc::new(registry), BTreeSet::new());
        HealedCommit { registry, undecided, restored, is_whole: true }
    }

    pub(super) fn planned(plan: Plan) -> Self {
        let is_whole = plan.missing.is_empty();
        HealedCommit { is_whole, ..Self::new(plan.registry, plan.undecided) }
    }
}

impl Healed {
    /// Returns no registries.
    pub(crate) fn new() -> Self {
        Healed::default()
    }

    /// Returns the registry that replaces the commit's own, if any.
    pub(crate) fn get(&self, id: &CommitId) -> Option<&Registry> {
        self.commit(id).map(|commit| &*commit.registry)
    }

    /// Returns what healing made of a commit, if anything.
    pub(super) fn commit(&self, id: &CommitId) -> Option<&HealedCommit> {
        self.commits.get(id)
    }

    /// Returns the registry that counts in a merge base, if the base has none that can be used.
    pub(super) fn base(&self, id: &CommitId) -> Option<&Registry> {
        self.bases.get(id)
    }

    /// Returns whether there is a registry for any merge base.
    pub(super) fn has_bases(&self) -> bool {
        !self.bases.is_empty()
    }

    /// Adds a registry for [`Self::base`].
    pub(super) fn add_base(&mut self, id: CommitId, registry: Registry) {
        self.bases.insert(id, registry);
    }

    /// Returns whether a commit's registry is replaced.
    pub(crate) fn contains_key(&self, id: &CommitId) -> bool {
        self.commits.contains_key(id)
    }

    /// Adds a registry that leaves nothing undecided.
    pub(crate) fn insert(&mut self, id: CommitId, registry: Registry) {
        self.add(id, HealedCommit::new(registry, Undecided::new()));
    }

    /// Adds a commit's healed registry.
    pub(crate) fn add(&mut self, id: CommitId, commit: HealedCommit) {
        self.commits.insert(id, commit);
    }

    /// Forgets a commit.
    pub(crate) fn remove(&mut self, id: &CommitId) {
        self.commits.remove(id);
    }

    /// Forgets all commits for which `keeps` returns false.
    pub(crate) fn retain(&mut self, keeps: impl Fn(&CommitId) -> bool) {
        self.commits.retain(|id, _| keeps(id));
    }

    /// Returns whether no registry is replaced.
    pub(crate) fn is_empty(&self) -> bool {
        self.commits.is_empty()
    }

    /// Returns the registries to use for a commit with this registry and tree, given its parents and
    /// their stored registries, or `None` if nothing changes. An identity that a file got only from
    /// healing was never published, so the commit may just as well give the file a different one,
    /// such as a number from another program.
    pub(crate) fn yielding_to(
        &self,
        parents: &[(CommitId, Option<&Registry>)],
        own: &Registry,
        tree: &Tree,
    ) -> Option<Healed> {
        if parents.iter().all(|(id, _)| !self.contains_key(id)) {
            return None;
        }
        let stored = parents.iter().filter_map(|(_, stored)| *stored);
        let given = self.given(parents.iter().map(|(id, _)| id), stored);
        if given.is_empty() {
            return None;
        }
        let holders = own.holders(|_| false);
        let left: Vec<&Allocation> =
            own.active().filter(|one| !tree.contains_key(&one.path)).collect();
        let mut changed = Vec::new();
        for (id, _) in parents {
            let Some(registry) = self.get(id) else { continue };
            let known = |one: &Allocation| (one.id, one.origin);
            let known: Vec<(Id, Origin)> = registry.allocations.iter().map(known).collect();
            let holds = |id: Id, except: Origin| {
                known.iter().any(|(own, origin)| *own == id && *origin != except)
            };
            let origins: BTreeSet<Origin> = known.iter().map(|(_, origin)| *origin).collect();
            let holder_of = |record: &Allocation| {
                if !record.is_active() || !given.contains(&record.origin) {
                    return None;
                }
                let elsewhere = || published_elsewhere(record, registry, &left);
                let published = holders.get(&record.path).copied().or_else(elsewhere);
                published.filter(|holder| {
                    !origins.contains(&holder.origin)
                        // Two records with the same number would make the registry inconsistent.
                        && !holds(holder.id, record.origin)
                })
            };
            if registry.allocations.iter().any(|record| holder_of(record).is_some()) {
                let mut yielding = registry.clone();
                for record in &mut yielding.allocations {
                    if let Some(holder) = holder_of(record) {
                        let path = record.path.clone();
                        record.clone_from(holder);
                        record.path = path;
                    }
                }
                changed.push((*id, yielding));
            }
        }
        if changed.is_empty() {
            return None;
        }
        let mut yielding = self.clone();
        for (id, registry) in changed {
            if let Some(commit) = yielding.commits.get_mut(&id) {
                commit.registry = Rc::new(registry);
            }
        }
        Some(yielding)
    }

    /// Returns the allocations made only by healing: those in these commits' registries that are
    /// neither in a `stored` registry nor in any earlier commit.
    pub(super) fn given<'a>(
        &self,
        ids: impl Iterator<Item = &'a CommitId>,
        stored: impl Iterator<Item = &'a Registry>,
    ) -> BTreeSet<Origin> {
        let stored: BTreeSet<Origin> =
            stored.flat_map(|one| &one.allocations).map(|record| record.origin).collect();
        let mut given = BTreeSet::new();
        for id in ids {
            let Some(HealedCommit { registry, restored, .. }) = self.commit(id) else { continue };
            let origins = registry.allocations.iter().map(|record| record.origin);
            given.extend(
                origins.filter(|origin| !stored.contains(origin) && !restored.contains(origin)),
            );
        }
        given
    }

    /// Returns the allocations that are in a commit's healed registry but not in its own registry,
    /// `own`, and that these parents have in their stored registries or used to have.
    pub(super) fn restored(
        &self,
        parents: &[(CommitId, Option<&Registry>)],
        own: Option<&Registry>,
        healed: &Registry,
    ) -> BTreeSet<Origin> {
        let origins = |registry: &Registry| -> BTreeSet<Origin> {
            registry.allocations.iter().map(|record| record.origin).collect()
        };
        let own = own.map(origins).unwrap_or_default();
        let lacking: BTreeSet<Origin> = origins(healed).difference(&own).copied().collect();
        let mut before = BTreeSet::new();
        for (id, stored) in parents {
            before.extend(stored.map(origins).unwrap_or_default());
            before.extend(self.commit(id).into_iter().flat_map(|healed| &healed.restored));
        }
        lacking.intersection(&before).copied().collect()
    }

    /// Returns the files and identities that these commits leave undecided.
    pub(crate) fn undecided(&self, commits: &[CommitId]) -> Undecided {
        let mut all = Undecided::new();
        let healed = commits.iter().filter_map(|id| self.commit(id));
        healed.for_each(|commit| all.extend(&commit.undecided));
        all
    }
}

/// Returns the record in `left`, whose file is at no path of the commit, that healing once allocated
/// for the file of `record`: both have the date of the commit that added it, and no other record of
/// `left` or of `registry` has that date and name. A rewritten history has a directory at another
/// path from its first commit on, but the registries are as they were.
fn published_elsewhere<'a>(
    record: &Allocation,
    registry: &Registry,
    left: &[&'a Allocation],
) -> Option<&'a Allocation> {
    let is_it = |one: &Allocation| {
        one.allocated_at == record.allocated_at
            && one.path.basename() == record.path.basename()
            && one.id.type_code() == record.id.type_code()
    };
    let mut found = left.iter().copied().filter(|one| is_it(one));
    let (one, other) = (found.next()?, found.next());
    let is_only = other.is_none() && registry.active().filter(|one| is_it(one)).count() == 1;
    is_only.then_some(one)
}

/// The maximum number of commits that a rename may span, including the commit that completes it;
/// see [`Recent`](idhooks_core::plan::Recent).
pub(crate) const GENERATIONS: usize = 3;

/// Returns a commit's registry, if it can be trusted.
pub(crate) fn registry_of(repo: &Repo, commit: CommitId) -> Result<Option<Registry>, StateError> {
    let entry = repo.tree_entry(counted_tree(repo, commit)?, REGISTRY_PATH)?;
    let stored = entry.map(|entry| read_trusted(repo, entry)).transpose()?.flatten();
    Ok(stored.map(|stored| stored.registry))
}

/// Returns the registry in a tree, if it is a regular file.
///
/// # Errors
/// Returns an error if the tree cannot be read.
pub fn registry_blob(repo: &Repo, tree: TreeId) -> Result<Option<BlobId>, StateError> {
    let entry = repo.tree_entry(tree, REGISTRY_PATH)?;
    Ok(entry.filter(|entry| entry.mode.is_file()).map(|entry| entry.blob))
}

/// Returns whether the changes affect only file contents, so that the registry does not have to
/// change.
pub fn only_edits(changes: &[Change]) -> bool {
    let is_file = |entry: Option<Entry>| entry.is_some_and(|entry| entry.mode.is_file());
    // Edits to the registry or the rules change the results of checks even if no file is added.
    changes.iter().all(|change| is_file(change.old) && is_file(change.new) && !is_own(&change.path))
}

/// Returns a commit, its first parent and that commit's first parent, as far as they are in this
/// clone.
pub(crate) fn first_parents(repo: &Repo, commit: Option<CommitId>) -> Vec<CommitId> {
    let before = |id: &CommitId| repo.commit(*id).ok()?.parents.first().copied();
    let present = commit.filter(|id| repo.has_commit(*id));
    let chain = std::iter::successors(present, |id| before(id).filter(|id| repo.has_commit(*id)));
    chain.take(GENERATIONS).collect()
}
