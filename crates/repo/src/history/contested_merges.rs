//! [`exchanged_since`] finds merges that gave a branch's identities to other files because the two
//! sides have no registry in common. [`parted_from`] finds branches that would cause this when
//! merged.

use idhooks_core::check::Finding;
use idhooks_core::merge::{MergeSide, contested};

use super::healed_registries::registry_of;
use crate::git::{CommitId, Repo};
use crate::history::contested_findings::{exchanged, held_elsewhere};
use crate::state::{StateError, is_adopted_at};

/// Returns a finding for every identity that a merge between `kept` and `tip` moved away from the
/// path it has in the history of `kept`. When two sides without a common registry are merged,
/// identities that are on both sides must keep their paths in the history of `kept`.
///
/// This rule applies to changes that have a direction, such as a push or a branch update. When a
/// commit is checked on its own, the paths of either parent are accepted.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub(super) fn exchanged_since(
    repo: &Repo,
    kept: CommitId,
    tip: CommitId,
) -> Result<Vec<Finding>, StateError> {
    let mut findings = Vec::new();
    // If the branch has no registry, there is no identity that the push could change.
    if !is_adopted_at(repo, kept)? {
        return Ok(findings);
    }
    for id in repo.commits_since(tip, &[kept])? {
        if !repo.has_commit(id) {
            continue;
        }
        let parents = repo.commit(id)?.parents;
        // git refuses an octopus merge if a file conflicts, so paths can be exchanged only between
        // two parents.
        let [ours, theirs] = *parents else { continue };
        let is_known = repo.has_commit(ours) && repo.has_commit(theirs);
        if !is_known || have_common_registry(repo, ours, theirs)? {
            continue;
        }
        let side = match (
            have_common_registry(repo, ours, kept)?,
            have_common_registry(repo, theirs, kept)?,
        ) {
            (true, false) => MergeSide::Ours,
            (false, true) => MergeSide::Theirs,
            // If both sides descend from the branch, or neither does, there is no side to keep.
            _ => continue,
        };
        let registries =
            [registry_of(repo, ours)?, registry_of(repo, theirs)?, registry_of(repo, id)?];
        if let [Some(ours), Some(theirs), Some(merged)] = &registries {
            findings.extend(exchanged(&contested(ours, theirs), side, merged));
        }
    }
    Ok(findings)
}

/// Returns a finding for every identity that belongs to one file on a new branch and to another on
/// the branch `name`, whose tip is `kept`. If the branches share no commit, merging them would
/// exchange these identities; otherwise, there are no findings.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn parted_from(
    repo: &Repo,
    name: &str,
    kept: CommitId,
    tip: CommitId,
) -> Result<Vec<Finding>, StateError> {
    // If the branches have a common commit, the merge base decides.
    if !repo.merge_bases(kept, tip)?.is_empty() {
        return Ok(Vec::new());
    }
    let (Some(kept), Some(new)) = (registry_of(repo, kept)?, registry_of(repo, tip)?) else {
        return Ok(Vec::new());
    };
    Ok(held_elsewhere(&contested(&kept, &new), name, &new))
}

/// Returns whether any merge base of the two commits has a registry.
fn have_common_registry(repo: &Repo, one: CommitId, other: CommitId) -> Result<bool, StateError> {
    for base in repo.merge_bases(one, other)? {
        if is_adopted_at(repo, base)? {
            return Ok(true);
        }
    }
    Ok(false)
}
