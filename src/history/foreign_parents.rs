//! Parents that belong to another repository: a subtree merge makes its commits parents, too.
//!
//! Their registry is about other paths and has another scope. Neither do they bear witness, nor
//! can their registry be merged.

use crate::git::{CommitId, Repo};
use crate::merge::MergeError;
use crate::registry::Scope;

use crate::history::parents::registry_of;
use crate::state::{Snapshot, StateError};

/// The parents of one repository, and the strangers among them.
pub(super) struct OwnParents {
    pub(super) commits: Vec<CommitId>,
    pub(super) parents: Vec<Snapshot>,
    pub(super) strangers: Vec<ForeignParent>,
}

/// A parent with another scope than the first parent that has one.
#[derive(Debug, Clone, Copy)]
pub(super) struct ForeignParent {
    commit: CommitId,
    scope: Scope,
    ours: (CommitId, Scope),
}

impl OwnParents {
    /// Sorts out who is a stranger.
    pub(super) fn of(commits: Vec<CommitId>, parents: Vec<Snapshot>) -> Self {
        let mut family =
            OwnParents { commits: Vec::new(), parents: Vec::new(), strangers: Vec::new() };
        let mut first = None;
        for (commit, parent) in commits.into_iter().zip(parents) {
            let scope = parent.registry().map(|registry| registry.scope);
            let ours = first.or_else(|| scope.map(|scope| (commit, scope)));
            first = ours;
            match (scope, ours) {
                (Some(scope), Some(ours)) if scope != ours.1 => {
                    family.strangers.push(ForeignParent { commit, scope, ours });
                }
                _ => {
                    family.commits.push(commit);
                    family.parents.push(parent);
                }
            }
        }
        family
    }
}

impl ForeignParent {
    /// Returns whether the two have a commit in common that was before either adoption, so that
    /// one repository was adopted twice.
    pub(super) fn was_adopted_apart(&self, repo: &Repo) -> Result<bool, StateError> {
        for base in repo.merge_bases(self.ours.0, self.commit)? {
            let scope = registry_of(repo, base)?.map(|registry| registry.scope);
            if scope.is_none_or(|scope| scope == self.ours.1) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns what keeps the registries from being merged.
    pub(super) fn error(&self) -> MergeError {
        let ours = self.ours.1;
        MergeError::Scopes { base: ours, ours, theirs: self.scope }
    }
}
