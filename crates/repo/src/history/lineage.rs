//! The parents of a new commit, and the merge of their registries.

use std::rc::Rc;

use idhooks_core::check::{Parent, Placement};
use idhooks_core::plan::Edit;
use idhooks_core::registry::{BlobId, Registry};

use crate::git::{CommitId, Repo};

use super::foreign_parents::{ForeignParent, OwnParents};
use super::merged::merge_all;
use super::published::published_placement;
use super::registries::Healed;
use crate::state::{CommitState, RegistryState, StateError, Stored};

/// The parents of a commit that are in this clone, and the merge of their registries.
#[derive(Debug, Default)]
pub struct Lineage {
    /// The ids of the parents that are in this clone.
    pub commits: Vec<CommitId>,
    /// The content of each of them.
    pub parents: Vec<CommitState>,
    /// The merge of their registries; `None` if none has one.
    pub merged: Option<Registry>,
    /// Whether the registry of every parent that has one is in this clone.
    pub is_complete: bool,
    foreign: Vec<ForeignParent>,
    pub(super) healed: Healed,
    published: Placement,
    before: Option<Registry>,
}

impl Lineage {
    /// Reads the parents `commits`, ignoring unusable registries. Parents that a shallow clone
    /// lacks and those of another repository are left out.
    ///
    /// # Errors
    /// Returns an error if trees cannot be read or registries cannot be merged.
    pub fn of(repo: &Repo, commits: &[CommitId]) -> Result<Self, StateError> {
        let commits: Vec<CommitId> =
            commits.iter().copied().filter(|id| repo.has_commit(*id)).collect();
        let read = commits.iter().map(|id| CommitState::of_witness(repo, *id));
        let parents: Vec<CommitState> = read.collect::<Result<_, _>>()?;
        let OwnParents { commits, parents, foreign } = OwnParents::of(commits, parents);
        let merged = match parents.as_slice() {
            [only] => only.registry().cloned(),
            _ => merge_all(repo, &commits, &Healed::new())?,
        };
        let is_absent = |parent: &CommitState| matches!(parent.registry, RegistryState::Absent);
        let is_complete = !parents.iter().any(is_absent);
        Ok(Lineage {
            commits,
            parents,
            merged,
            is_complete,
            foreign,
            healed: Healed::new(),
            published: Placement::new(),
            before: None,
        })
    }

    /// Replaces the registries of parents by these.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read or registries cannot be merged.
    pub(super) fn replace(&mut self, repo: &Repo, healed: Healed) -> Result<(), StateError> {
        self.healed = healed;
        if !self.healed.is_empty() {
            self.published = self.find_published(&self.healed);
            let merged = merge_all(repo, &self.commits, &self.healed)?;
            self.before = std::mem::replace(&mut self.merged, merged);
        }
        Ok(())
    }

    /// Checks that no parent comes from a second adoption of the same repository.
    ///
    /// # Errors
    /// Returns an error if there is such a parent, or if objects cannot be read.
    pub fn assert_one_adoption(&self, repo: &Repo) -> Result<(), StateError> {
        for foreign_parent in &self.foreign {
            if foreign_parent.is_second_adoption(repo)? {
                return Err(StateError::Merge(foreign_parent.error()));
            }
        }
        Ok(())
    }

    /// Checks that all parents belong to one repository.
    ///
    /// # Errors
    /// Returns an error if a parent has another scope.
    pub fn assert_one_scope(&self) -> Result<(), StateError> {
        self.foreign
            .first()
            .map_or(Ok(()), |foreign_parent| Err(StateError::Merge(foreign_parent.error())))
    }

    /// Reads the parents; returns none if their registries cannot be merged.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn of_witnesses(repo: &Repo, commits: &[CommitId]) -> Result<Self, StateError> {
        match Self::of(repo, commits) {
            Err(StateError::Merge(_)) => Ok(Lineage::default()),
            lineage => lineage,
        }
    }

    /// Returns the identities that the parents of a merge published, if some had to be healed. Call
    /// it before the registries are replaced by healed ones.
    pub(super) fn find_published(&self, healed: &Healed) -> Placement {
        let pairs = self.commits.iter().zip(&self.parents);
        let pairs = pairs.map(|(id, parent)| {
            let shown = parent.registry().map(|registry| Parent { registry, tree: &parent.tree });
            (shown, healed.get(id))
        });
        published_placement(&pairs.collect::<Vec<_>>(), self.merged.as_ref())
    }

    /// Returns the identities that the parents published; none if no parent had to be healed.
    pub fn published(&self) -> &Placement {
        &self.published
    }

    /// Returns what healing the parents changed.
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

    /// Returns the parents that have a registry, for the pure rooms.
    pub fn with_registry(&self) -> Vec<Parent<'_>> {
        self.with_healed(&self.healed)
    }

    /// Returns the parents that have a registry, with `healed` in place of inconsistent ones.
    pub(super) fn with_healed<'a>(&'a self, healed: &'a Healed) -> Vec<Parent<'a>> {
        let pairs = self.commits.iter().zip(&self.parents);
        let with = pairs.filter_map(|(id, parent)| {
            let registry = healed.get(id).or_else(|| parent.registry())?;
            Some(Parent { registry, tree: &parent.tree })
        });
        with.collect()
    }

    /// Returns whether a parent's registry is this blob.
    pub fn has_blob(&self, registry: BlobId) -> bool {
        let mut stored = self.parents.iter().filter_map(CommitState::stored);
        stored.any(|stored| stored.blob == registry)
    }

    /// Returns the registry of the first parent, to spare reading it again.
    pub fn first_stored(&self) -> Option<&Rc<Stored>> {
        self.parents.first()?.stored()
    }
}
