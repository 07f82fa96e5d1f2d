//! Checks whether a commit is consistent in one of two ways: with its parents as stored, and with
//! the result of healing for paths [left to it](super::put_back); or with its parents as they
//! should have been.

use idhooks_core::check::{Finding, Subject, consistency};
use idhooks_core::registry::Registry;

use super::consistency::{
    Consistency, check_as_stored, check_consistency_over, is_known_as_settled,
};
use super::dropped_records::{dropped_records, is_complete, remember_complete};
use super::heal::heal_over;
use super::heal_plan::Content;
use super::lineage::Lineage;
use super::put_back::PutBackSearch;
use crate::derived::legacy::legacy_findings;
use crate::git::{CommitId, Repo, TreeId};
use crate::history::put_back_findings::put_back;
use crate::state::{CommitState, StateError, counted_tree, if_plannable};

/// Returns whether a commit is consistent in one of two ways: with its parents as stored, and with
/// the result of healing for paths that were left to it; or with its parents as they should have
/// been.
///
/// # Errors
/// Returns an error if objects cannot be read. An unreadable registry is not an error, but makes
/// the commit inconsistent.
pub fn check_consistency(repo: &Repo, id: CommitId) -> Result<Consistency, StateError> {
    let as_stored = check_as_stored(repo, id)?;
    // Most commits are consistent as stored, and the cache knows which. Healing is computed only
    // for the few that are not.
    let findings = match &as_stored {
        Consistency::NotAdopted => return Ok(as_stored),
        Consistency::Consistent => otherwise_healed(repo, id)?,
        Consistency::Inconsistent(_) if heals_others(repo, id)? => Vec::new(),
        Consistency::Inconsistent(_) => return Ok(as_stored),
    };
    Ok(match findings.is_empty() {
        true => Consistency::Consistent,
        false => Consistency::Inconsistent(findings),
    })
}

/// Returns whether a commit is consistent and complete, so that a commit on top of it needs nothing
/// from the commits before it.
///
/// # Errors
/// Returns an error in the same cases as [`check_consistency`].
pub(crate) fn is_settled(repo: &Repo, id: CommitId) -> Result<bool, StateError> {
    // Both are known of most commits, because a hook made them.
    Ok(is_known_as_settled(repo, id)?
        || (check_consistency(repo, id)? == Consistency::Consistent && is_complete(repo, id)?))
}

/// Returns whether an inconsistent commit's registry is right and only its parents are wrong.
fn heals_others(repo: &Repo, id: CommitId) -> Result<bool, StateError> {
    let state = CommitState::of_witness(repo, counted_tree(repo, id)?)?;
    let Some(own) = state.registry() else { return Ok(false) };
    // Most inconsistent commits do not match their own files, so nothing has to be healed. If no
    // parent has a registry, healing has nothing to start from, and only this is checked.
    let config = state.config(repo).unwrap_or_default();
    if !consistency(&Subject::new(&config, own, &state.tree)).is_empty()
        || !legacy_findings(repo, &config, &state.tree, own)?.is_empty()
    {
        return Ok(false);
    }
    Ok(healed(repo, id)?.is_some_and(|(_, healed)| *own == healed))
}

/// Returns a commit and its healed registry, if the commit has to be healed and this clone is able
/// to heal it.
fn healed(repo: &Repo, id: CommitId) -> Result<Option<(CommitState, Registry)>, StateError> {
    // If this clone lacks the objects to decide, there is no healed registry to compare with the
    // stored one, so the stored one is not judged.
    let mut lineage = Lineage::of_witnesses(repo, &[id])?;
    if_plannable(lineage.heal(repo, None, &|_| {}))?;
    let healed = lineage.healed.get(&id).filter(|_| lineage.undecided.is_empty()).cloned();
    Ok(lineage.parents.into_iter().next().zip(healed))
}

/// Returns whether a commit with `tree` on top of `parent` has the registry that the pre-commit
/// hook would write: a registry that is consistent with the parent as stored, or with the parent as
/// it should be.
///
/// # Errors
/// Returns an error if objects cannot be read, if registries cannot be merged, or if a counter has
/// reached its maximum.
pub fn is_hooked_on(repo: &Repo, tree: TreeId, parent: CommitId) -> Result<bool, StateError> {
    if check_consistency_over(repo, tree, &[parent])? == Consistency::Consistent {
        return Ok(true);
    }
    let state = CommitState::of_witness(repo, tree)?;
    let Some(own) = state.stored().cloned() else { return Ok(false) };
    let content = Content { tree: &state.tree, own: Some(own.clone()), author_time: 0 };
    let healed = heal_over(repo, &content, &[parent])?;
    Ok(healed.is_some_and(|healed| *healed.registry == own.registry))
}

/// Returns whether a commit and its parents (those in this clone) are consistent, and whether the
/// parents are complete: a commit on top of incomplete parents may lack records without any visible
/// sign. `is_new` returns whether a parent is checked separately.
///
/// # Errors
/// Returns an error in the same cases as [`check_consistency`].
pub fn is_consistent_with_parents(
    repo: &Repo,
    id: CommitId,
    is_new: &dyn Fn(CommitId) -> bool,
) -> Result<bool, StateError> {
    for parent in repo.commit(id)?.parents.into_iter().filter(|id| repo.has_commit(*id)) {
        if check_consistency(repo, parent)?.is_inconsistent()
            || !(is_new(parent) || is_complete(repo, parent)?)
        {
            return Ok(false);
        }
    }
    Ok(!check_consistency(repo, id)?.is_inconsistent())
}

/// Returns a finding for every path that this commit or an earlier one left to healing, if healing
/// gives the path a different identity than the registry has for it.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn otherwise_healed(repo: &Repo, id: CommitId) -> Result<Vec<Finding>, StateError> {
    let paths = PutBackSearch::new(repo).paths(id)?;
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let Some((state, healed)) = healed(repo, id)? else { return Ok(Vec::new()) };
    let Some(own) = state.registry() else { return Ok(Vec::new()) };
    // Remember this; otherwise, every later hook would search the commits before this one again.
    if *own == healed && !repo.is_shallow()? && dropped_records(repo, &[id])?.is_empty() {
        remember_complete(repo, id)?;
    }
    Ok(put_back(&paths, own, &healed, &state.tree))
}
