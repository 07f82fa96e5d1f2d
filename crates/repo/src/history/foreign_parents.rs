//! Parents that belong to another repository, as after a subtree merge.
//!
//! Their registries describe other paths and have another scope, so they are neither compared nor
//! merged.

use idhooks_core::merge::MergeError;
use idhooks_core::registry::Scope;

use crate::git::{CommitId, Repo};

use super::registries::registry_of;
use crate::state::{CommitState, StateError};

/// The parents of this repository, and those of other repositories.
pub(super) struct OwnParents {
    pub(super) commits: Vec<CommitId>,
    pub(super) parents: Vec<CommitState>,
    pub(super) foreign: Vec<ForeignParent>,
}

/// A parent with another scope than the first parent that has one.
#[derive(Debug, Clone, Copy)]
pub(super) struct ForeignParent {
    commit: CommitId,
    scope: Scope,
    ours: (CommitId, Scope),
}

impl OwnParents {
    /// Separates the foreign parents from our own.
    pub(super) fn of(commits: Vec<CommitId>, parents: Vec<CommitState>) -> Self {
        let mut own = OwnParents { commits: Vec::new(), parents: Vec::new(), foreign: Vec::new() };
        let mut first = None;
        for (commit, parent) in commits.into_iter().zip(parents) {
            let scope = parent.registry().map(|registry| registry.scope);
            let ours = first.or_else(|| scope.map(|scope| (commit, scope)));
            first = ours;
            match (scope, ours) {
                (Some(scope), Some(ours)) if scope != ours.1 => {
                    own.foreign.push(ForeignParent { commit, scope, ours });
                }
                _ => {
                    own.commits.push(commit);
                    own.parents.push(parent);
                }
            }
        }
        own
    }
}

impl ForeignParent {
    /// Returns whether both parents have a common ancestor from before either adoption: then one
    /// repository was adopted twice.
    pub(super) fn is_second_adoption(&self, repo: &Repo) -> Result<bool, StateError> {
        for base in repo.merge_bases(self.ours.0, self.commit)? {
            let scope = registry_of(repo, base)?.map(|registry| registry.scope);
            if scope.is_none_or(|scope| scope == self.ours.1) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns the error for registries that cannot be merged.
    pub(super) fn error(&self) -> MergeError {
        let ours = self.ours.1;
        MergeError::Scopes { base: ours, ours, theirs: self.scope }
    }
}
