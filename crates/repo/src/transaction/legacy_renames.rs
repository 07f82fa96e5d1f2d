//! Finds the files for records that another program added in commits without hooks.

use std::collections::BTreeSet;

use idhooks_core::plan::follow_paths;
use idhooks_core::registry::{Allocation, Id, Origin, Registry};

use crate::derived::legacy::LegacyFile;
use crate::git::{CommitId, Repo};
use crate::state::{CommitState, StateError};

/// If earlier commits without hooks both added a record and renamed its file, gives the record the
/// file's new path. Only records missing from `base` and `own` are considered. The search starts at
/// `commits`.
///
/// # Errors
/// Returns an error if git cannot be run, or if objects cannot be read.
pub(super) fn follow_renames(
    repo: &Repo,
    edited: &mut Registry,
    base: &Registry,
    own: &Registry,
    state: &CommitState,
    file: &LegacyFile<'_>,
    commits: &[CommitId],
) -> Result<(), StateError> {
    let known = [base, own].into_iter().flat_map(|one| &one.allocations);
    let known: BTreeSet<Id> = known.flat_map(Allocation::ids).collect();
    let holders = own.holders(|_| false);
    let is_added = |record: &Allocation| record.is_active() && !known.contains(&record.id);
    // The legacy files in these commits are read only if a record was added.
    let committed: BTreeSet<Id> = match edited.allocations.iter().any(is_added) {
        true => added_before(repo, file, own, commits)?,
        false => return Ok(()),
    };
    let (before, mut is_moved) = (edited.clone(), false);
    for record in edited.allocations.iter_mut().filter(|record| is_added(record)) {
        let is_gone = !state.tree.contains_key(&record.path);
        if !is_gone && !committed.contains(&record.id) {
            continue;
        }
        let Some(renamed) = repo.renamed_to(&record.path, commits)? else { continue };
        // Another file may have been added at that path since then.
        let is_its_file = is_gone || has_record(repo, file, own, record, renamed.by)?;
        let is_free = state.tree.contains_key(&renamed.to) && !holders.contains_key(&renamed.to);
        if is_its_file && is_free {
            // With this origin, a clone that has not seen the rename gets the same allocation.
            if record.origin_is_derived {
                record.origin =
                    Origin::of_addition(record.id, record.allocated_at, &record.path, 0);
                record.origin_is_derived = false;
            }
            (record.path, is_moved) = (renamed.to, true);
        }
    }
    if is_moved {
        follow_paths(edited, &[], &[&before], &file.rules.path_keys);
    }
    Ok(())
}

/// Returns the identities in the legacy files of these commits.
fn added_before(
    repo: &Repo,
    file: &LegacyFile<'_>,
    own: &Registry,
    commits: &[CommitId],
) -> Result<BTreeSet<Id>, StateError> {
    let mut ids = BTreeSet::new();
    for commit in commits {
        let version = version_in(repo, file, own, *commit)?;
        ids.extend(version.iter().flat_map(|one| &one.allocations).map(|record| record.id));
    }
    Ok(ids)
}

/// Returns whether the legacy file had a record at this path when a commit renamed the file.
fn has_record(
    repo: &Repo,
    file: &LegacyFile<'_>,
    own: &Registry,
    record: &Allocation,
    by: CommitId,
) -> Result<bool, StateError> {
    let Some(parent) = repo.commit(by)?.parents.first().copied() else { return Ok(false) };
    let version = version_in(repo, file, own, parent)?;
    let is_it = |one: &Allocation| one.id == record.id && one.path == record.path;
    Ok(version.is_some_and(|version| version.allocations.iter().any(is_it)))
}

/// Returns the legacy file in a commit, if it can be read.
fn version_in(
    repo: &Repo,
    file: &LegacyFile<'_>,
    own: &Registry,
    commit: CommitId,
) -> Result<Option<Registry>, StateError> {
    let Some(path) = file.path().as_str().filter(|_| repo.has_commit(commit)) else {
        return Ok(None);
    };
    match repo.tree_entry(repo.commit(commit)?.tree, path)? {
        Some(entry) => file.version(entry, own),
        None => Ok(None),
    }
}
