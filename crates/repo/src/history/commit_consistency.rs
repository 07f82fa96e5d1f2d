//! Checks whether a commit is consistent: with its parents as they are stored, and with what healing says
//! about files that were [put back](super::put_back).

use idhooks_core::check::{Finding, put_back};

use crate::git::{CommitId, Repo};
use crate::state::{CommitState, StateError};

use super::consistency::{Consistency, check_as_stored, is_inconsistent};
use super::dropped_records::{is_complete, put_back_before};
use super::heal::healed_registry;

/// Returns whether a commit is consistent: with its parents as they are stored, and with what healing
/// says about files that were put back.
///
/// # Errors
/// Returns an error if objects cannot be read. A registry that cannot be read makes a commit
/// inconsistent; it is not an error.
pub fn check_consistency(repo: &Repo, id: CommitId) -> Result<Consistency, StateError> {
    let as_stored = check_as_stored(repo, id)?;
    if as_stored != Consistency::Consistent {
        return Ok(as_stored);
    }
    let findings = otherwise_healed(repo, id)?;
    Ok(if findings.is_empty() { as_stored } else { Consistency::Inconsistent(findings) })
}

/// Returns whether a commit and its parents, as far as they are in this clone, are consistent, and
/// whether the parents are complete: a commit on them cannot know what was lost before them.
/// `is_new` returns whether a parent is checked by itself.
///
/// # Errors
/// Returns an error in the same cases as [`check_consistency`].
pub fn is_consistent_with_parents(
    repo: &Repo,
    id: CommitId,
    is_new: &dyn Fn(CommitId) -> bool,
) -> Result<bool, StateError> {
    for parent in repo.commit(id)?.parents.into_iter().filter(|id| repo.has_commit(*id)) {
        if is_inconsistent(repo, parent)? || !(is_new(parent) || is_complete(repo, parent)?) {
            return Ok(false);
        }
    }
    Ok(!matches!(check_consistency(repo, id)?, Consistency::Inconsistent(_)))
}

/// Returns a finding for every path of a commit to which a file was put back, and to which healing gives
/// another identity than the registry.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn otherwise_healed(repo: &Repo, id: CommitId) -> Result<Vec<Finding>, StateError> {
    let paths = put_back_before(repo, id)?;
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let state = CommitState::of_witness(repo, repo.commit(id)?.tree)?;
    let healed = healed_registry(repo, id)?;
    let Some((registry, healed)) = state.registry().zip(healed) else { return Ok(Vec::new()) };
    Ok(put_back(&paths, registry, &healed, &state.tree))
}
