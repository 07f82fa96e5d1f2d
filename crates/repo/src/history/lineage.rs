//! A new commit's parents, and the merge of their registries.

use std::collections::BTreeSet;
use std::rc::Rc;

use idhooks_core::check::{Inherited, Parent, Placement};
use idhooks_core::merge::MergeError;
use idhooks_core::plan::Undecided;
use idhooks_core::registry::{Allocation, BlobId, Id, Registry, RepoPath, Scope, Tree};

use super::available_history::is_unjudged;
use super::contested_side::Contest;
use super::heal_own::follow_files;
use super::healed_registries::{Healed, registry_of};
use super::missing_objects::MissingObjects;
use super::{merged_registries::merge_commits, published::published_placement};
use crate::events::Edit;
use crate::git::{CommitId, Repo};
use crate::state::{
    CommitState, RegistryState, StateError, Stored, counted_tree, has_registry, read_config,
};

/// A parent from another repository, as in a subtree merge: its scope differs from that of the
/// first parent with a registry. Its registry describes different paths, so it is neither compared
/// nor merged.
#[derive(Debug, Clone, Copy)]
struct ForeignParent {
    commit: CommitId,
    scope: Scope,
    ours: (CommitId, Scope),
}

/// Used in place of a parent's files if the parent cannot be judged.
pub(super) static NO_FILES: Tree = Tree::new();

/// A commit's parents, as far as they are in this clone, and the merge of their registries.
#[derive(Debug, Default)]
pub struct Lineage {
    /// The ids of the parents that are in this clone.
    pub commits: Vec<CommitId>,
    /// The content of each of these parents.
    pub parents: Vec<CommitState>,
    /// The merge of the parents' registries; `None` if no parent has one.
    pub merged: Option<Registry>,
    /// Whether this clone has all of the parents' registries.
    pub is_complete: bool,
    /// The contested allocations, if some parents have no common base with a registry.
    pub contest: Option<Contest>,
    /// If allocations are contested, the registry in the commit that merges the parents.
    shown: Option<Registry>,
    foreign: Vec<ForeignParent>,
    pub(crate) healed: Healed,
    /// The files and identities that the parents leave undecided because commits or contents are
    /// missing from this clone, or because of a limit.
    pub undecided: Undecided,
    /// What is missing to decide them, if anything is undecided.
    pub missing: Option<MissingObjects>,
    /// The identities that the parents published; empty if no parent had to be healed.
    pub published: Placement,
    before: Option<Registry>,
}

impl Lineage {
    /// Reads the parents `commits`, ignoring unusable registries. Parents that are missing from a
    /// shallow clone or come from another repository are left out.
    ///
    /// # Errors
    /// Returns an error if trees cannot be read or registries cannot be merged.
    pub fn of(repo: &Repo, commits: &[CommitId]) -> Result<Self, StateError> {
        let (mut lineage, mut ours) = (Lineage::default(), None);
        for commit in commits.iter().copied().filter(|id| repo.has_commit(*id)) {
            let parent = CommitState::of_witness(repo, counted_tree(repo, commit)?)?;
            let own = parent.registry().map(|registry| (commit, registry.scope));
            // The first parent's scope is the one that counts, because a subtree merge brings in
            // the other repository as a later parent.
            ours = ours.or(own);
            match own.zip(ours) {
                Some(((_, scope), ours)) if scope != ours.1 => {
                    lineage.foreign.push(ForeignParent { commit, scope, ours });
                }
                _ => {
                    lineage.commits.push(commit);
                    lineage.parents.push(parent);
                }
            }
        }
        match lineage.parents.as_slice() {
            // Nearly every commit has only one parent, whose registry does not have to be merged
            // with anything.
            [only] => lineage.merged = only.registry().cloned(),
            _ => lineage.merge(repo)?,
        }
        let is_absent = |parent: &CommitState| matches!(parent.registry, RegistryState::Absent);
        lineage.is_complete = !lineage.parents.iter().any(is_absent);
        Ok(lineage)
    }

    /// Returns the lineage of a commit with a single, consistent parent, using the part of the
    /// parent's paths and records that has been read.
    pub(crate) fn of_part(commit: CommitId, parent: CommitState) -> Self {
        let merged = parent.registry().cloned();
        let (commits, parents) = (vec![commit], vec![parent]);
        Lineage { commits, parents, merged, is_complete: true, ..Lineage::default() }
    }

    fn merge(&mut self, repo: &Repo) -> Result<(), StateError> {
        let merged = merge_commits(repo, &self.commits, &self.healed, self.shown.as_ref())?;
        (self.merged, self.contest) = (merged.registry, merged.contest);
        Ok(())
    }

    /// If the parents contest paths, uses the paths in `shown`, a merge's registry, provided that
    /// they all come from one parent.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read or registries cannot be merged.
    pub fn choose_as(&mut self, repo: &Repo, shown: &Registry) -> Result<(), StateError> {
        let Some(contest) = &self.contest else { return Ok(()) };
        // Merge the registries again only if this changes which paths count.
        let is_chosen = contest.side(Some(shown)) == contest.side(self.shown.as_ref());
        self.shown = Some(shown.clone());
        if is_chosen { Ok(()) } else { self.merge(repo) }
    }

    /// Replaces the parents' registries with the healed ones.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read or registries cannot be merged.
    pub(super) fn replace(&mut self, repo: &Repo, healed: Healed) -> Result<(), StateError> {
        self.undecided = healed.undecided(&self.commits);
        self.missing = MissingObjects::to_decide(repo, &self.undecided);
        self.healed = healed;
        if !self.healed.is_empty() {
            // Do this before the registries are replaced, because a healed registry has never been
            // published.
            self.published = self.published_by(&self.healed, self.merged.as_ref());
            let before = self.merged.take();
            self.merge(repo)?;
            self.before = before;
        } else if self.healed.has_bases() {
            self.merge(repo)?;
        }
        Ok(())
    }

    /// Leaves out the parents if a commit with the registry `own` starts over, as 'idhooks init
    /// --force' with another scope does: the parents have no registry of their own, and the one
    /// that counts there has another scope.
    ///
    /// # Errors
    /// Returns an error if trees cannot be read.
    pub fn start_over(&mut self, repo: &Repo, own: &Registry) -> Result<(), StateError> {
        if self.merged.as_ref().is_none_or(|merged| merged.scope == own.scope) {
            return Ok(());
        }
        for parent in &self.commits {
            if has_registry(repo, *parent)? {
                return Ok(());
            }
        }
        *self = Lineage { is_complete: self.is_complete, ..Lineage::default() };
        Ok(())
    }

    /// Returns an error if a parent comes from a second adoption of the same repository, unless its
    /// identities have been joined, so that the rules in `index` know its scope.
    ///
    /// # Errors
    /// Returns an error if there is such a parent, or if objects cannot be read.
    pub fn assert_one_adoption(&self, repo: &Repo, index: &Tree) -> Result<(), StateError> {
        for foreign_parent in &self.foreign {
            let rules = read_config(repo, index).unwrap_or_default();
            let is_joined = rules.knows_scope(foreign_parent.ours.1, foreign_parent.scope);
            if !is_joined && foreign_parent.is_second_adoption(repo)? {
                return Err(foreign_parent.error());
            }
        }
        Ok(())
    }

    /// Returns an error if the parents do not all belong to the same repository.
    ///
    /// # Errors
    /// Returns an error if a parent has a different scope.
    pub fn assert_one_scope(&self) -> Result<(), StateError> {
        self.foreign.first().map_or(Ok(()), |foreign_parent| Err(foreign_parent.error()))
    }

    /// Reads the parents. If their registries cannot be merged, the lineage has no parents.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn of_witnesses(repo: &Repo, commits: &[CommitId]) -> Result<Self, StateError> {
        match Self::of(repo, commits) {
            // The commit exists no matter what its parents look like. If there are no parents to
            // compare it with, only the commit itself is checked.
            Err(StateError::Merge(_)) => Ok(Lineage::default()),
            lineage => lineage,
        }
    }

    /// Returns the identities that a merge's parents published, if some of the parents had to be
    /// healed. `stored` is the merge of their stored registries.
    pub(super) fn published_by(&self, healed: &Healed, stored: Option<&Registry>) -> Placement {
        let pairs = self.commits.iter().zip(&self.parents);
        let pairs = pairs.map(|(id, parent)| {
            let shown = parent.registry().map(|registry| Parent { registry, tree: &parent.tree });
            (shown, healed.get(id))
        });
        published_placement(&pairs.collect::<Vec<_>>(), stored)
    }

    /// Returns a registry that was staged on top of the parents' stored registries, with the paths
    /// that it gives to records moved to where healing has found their files; `None` if it names
    /// none of these.
    pub(crate) fn follow_files(&self, staged: &Registry, tree: &Tree) -> Option<Registry> {
        follow_files(staged, self.before.as_ref()?, self.merged.as_ref()?, tree)
    }

    /// Returns the changes that healing made to the parents.
    pub fn healing(&self) -> Vec<Edit> {
        match (&self.before, &self.merged) {
            (Some(before), Some(healed)) => Edit::between(before, healed),
            _ => Vec::new(),
        }
    }

    /// Returns whether a parent had to be healed.
    pub fn was_inconsistent(&self) -> bool {
        !self.healed.is_empty()
    }

    /// Returns the stored registries of the parents that had to be healed.
    pub fn outdated(&self) -> Vec<&Registry> {
        let pairs = self.commits.iter().zip(&self.parents);
        let healed = pairs.filter(|(id, _)| self.healed.contains_key(id));
        healed.filter_map(|(_, parent)| parent.registry()).collect()
    }

    /// Returns the parents that have a registry, in the form used by modules without I/O.
    pub fn with_registry(&self) -> Vec<Parent<'_>> {
        self.with_healed(&self.healed)
    }

    /// Returns the parents to compare an existing commit with. If a parent cannot be judged in this
    /// clone, only its records count.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn comparable(&self, repo: &Repo) -> Result<Vec<Parent<'_>>, StateError> {
        let mut parents = Vec::new();
        for (id, parent) in self.commits.iter().zip(&self.parents) {
            let Some(registry) = self.healed.get(id).or_else(|| parent.registry()) else {
                continue;
            };
            let tree = if is_unjudged(repo, *id)? { &NO_FILES } else { &parent.tree };
            parents.push(Parent { registry, tree });
        }
        Ok(parents)
    }

    /// Returns the parents that have a registry, using the registries in `healed` for the
    /// inconsistent ones.
    pub(super) fn with_healed<'a>(&'a self, healed: &'a Healed) -> Vec<Parent<'a>> {
        let pairs = self.commits.iter().zip(&self.parents);
        let with = pairs.filter_map(|(id, parent)| {
            let registry = healed.get(id).or_else(|| parent.registry())?;
            Some(Parent { registry, tree: &parent.tree })
        });
        with.collect()
    }

    /// Returns the state that a commit inherits from `parents`, which come from
    /// [`Self::with_registry`].
    pub fn inherited<'a>(&'a self, parents: &'a [Parent<'a>]) -> Inherited<'a> {
        Inherited {
            parents,
            merged: self.merged.as_ref(),
            published: &self.published,
            is_contested: self.contest.is_some(),
        }
    }

    /// Replaces the records that files have only because of healing: if a record for the file has
    /// since been written, it takes precedence over the one from healing.
    pub fn yield_to<'a>(&mut self, added: impl Iterator<Item = &'a Allocation>) {
        if let Some(mut merged) = self.merged.take() {
            let in_place = self.yield_in(&mut merged, added);
            merged.allocations.extend(in_place.into_iter().cloned());
            self.merged = Some(merged);
        }
    }

    /// Given a registry derived from the healed one, removes the records that files have only
    /// because of healing, if `added` has records for the same files. Returns the records in
    /// `added` that can take their place and are not in the registry yet, except for records whose
    /// number another record has.
    pub fn yield_in<'a>(
        &self,
        registry: &mut Registry,
        added: impl Iterator<Item = &'a Allocation>,
    ) -> Vec<&'a Allocation> {
        if !self.was_inconsistent() {
            return Vec::new();
        }
        let stored = self.parents.iter().filter_map(CommitState::registry);
        // Records from earlier commits are not included, because healing may restore a record that
        // was allocated by one commit and lost by a later one.
        let given = self.healed.given(self.commits.iter(), stored);
        let (yielding, others): (Vec<&Allocation>, Vec<&Allocation>) =
            registry.allocations.iter().partition(|record| given.contains(&record.origin));
        let origins = registry.by_origin();
        let ids: BTreeSet<Id> = others.iter().map(|record| record.id).collect();
        let paths: BTreeSet<&RepoPath> = yielding.iter().map(|record| &record.path).collect();
        let takes_place = |record: &&Allocation| {
            let is_there = |own: &&Allocation| own.is_active() && own.path == record.path;
            let may_be_there = || origins.get(&record.origin).is_none_or(is_there);
            let is_given = given.contains(&record.origin);
            record.is_active() && !is_given && paths.contains(&record.path) && may_be_there()
        };
        let mut in_place: Vec<&Allocation> = added.filter(takes_place).collect();
        let paths: BTreeSet<&RepoPath> = in_place.iter().map(|record| &record.path).collect();
        let yields =
            |record: &Allocation| given.contains(&record.origin) && paths.contains(&record.path);
        registry.allocations.retain(|record| !yields(record));
        // If two records have the same number, a merge has to decide which record keeps it.
        in_place.retain(|record| !ids.contains(&record.id));
        in_place
    }

    /// Returns the parents, each with its stored registry.
    pub(super) fn stored(&self) -> Vec<(CommitId, Option<&Registry>)> {
        let pairs = self.commits.iter().zip(&self.parents);
        pairs.map(|(id, parent)| (*id, parent.registry())).collect()
    }

    /// Accepts the identities in a commit's registry for files whose other identities come only
    /// from healing.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read or registries cannot be merged.
    pub fn accept(&mut self, repo: &Repo, own: &Registry, tree: &Tree) -> Result<(), StateError> {
        if let Some(yielding) = self.healed.yielding_to(&self.stored(), own, tree) {
            // The published identities depend on the healed registries, so both are updated
            // together.
            self.published = self.published_by(&yielding, self.before.as_ref());
            self.healed = yielding;
            self.merge(repo)?;
        }
        Ok(())
    }

    /// Returns whether this blob is one of the parents' registries.
    pub fn has_blob(&self, registry: BlobId) -> bool {
        let mut stored = self.parents.iter().filter_map(CommitState::stored);
        stored.any(|stored| stored.blob == registry)
    }

    /// Returns the first parent's registry, which saves reading it again.
    pub fn first_stored(&self) -> Option<&Rc<Stored>> {
        self.parents.first()?.stored()
    }
}

impl ForeignParent {
    /// Returns whether the two parents have a common ancestor from before either adoption, meaning
    /// that the same repository was adopted twice.
    fn is_second_adoption(&self, repo: &Repo) -> Result<bool, StateError> {
        // If a merge base has no registry, the histories diverged before either of them was
        // adopted.
        for base in repo.merge_bases(self.ours.0, self.commit)? {
            let scope = registry_of(repo, base)?.map(|registry| registry.scope);
            if scope.is_none_or(|scope| scope == self.ours.1) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns an error saying that the registries cannot be merged.
    fn error(&self) -> StateError {
        let ours = self.ours.1;
        MergeError::Scopes { base: ours, ours, theirs: self.scope }.into()
    }
}
