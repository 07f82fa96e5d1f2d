//! Determines whether the next commit in this clone can heal everything.

use idhooks_core::registry::Entry;

use crate::git::{Commit, CommitId, Repo};
use crate::state::StateError;

use super::{
    inconsistent::find_inconsistent, lineage::Lineage, missing_objects::MissingObjects,
    rename_limits::policy_of,
};

/// Returns what, if anything, this clone or the index's rules lack to heal everything inconsistent
/// in HEAD, which is `commit`. After this call, this invocation fetches nothing.
///
/// # Errors
/// Returns an error if objects cannot be read or registries cannot be merged.
pub fn missing_to_heal(
    repo: &Repo,
    commit: CommitId,
) -> Result<Option<MissingObjects>, StateError> {
    // A full clone can heal everything unless a limit prevents it, so most clones are done here.
    if !repo.is_partial() && !repo.is_shallow()? && !may_skip_renames(repo, commit)? {
        return Ok(None);
    }
    // The answer depends only on the objects in this clone, and must not wait for a remote.
    repo.fetch_nothing();
    let mut lineage = Lineage::of_witnesses(repo, &[commit])?;
    let index = repo.index(&repo.index_file())?;
    lineage.heal(repo, Some(&index.tree), &|_| {})?;
    Ok(lineage.missing)
}

/// Returns whether any inconsistent commit up to this one adds and deletes so many files, or such
/// large ones, that a `[rename]` limit may apply. File contents are not read.
fn may_skip_renames(repo: &Repo, commit: CommitId) -> Result<bool, StateError> {
    for id in find_inconsistent(repo, &[commit])? {
        let Commit { tree, parents, .. } = repo.commit(id)?;
        let policy = policy_of(repo, tree);
        for parent in parents {
            let changes = repo.changes(repo.commit(parent)?.tree, tree)?;
            let deletions = changes.iter().filter(|change| change.new.is_none());
            let additions = changes.iter().filter(|change| change.old.is_none());
            let files = [deletions.clone().count(), additions.clone().count()];
            if policy.compares_all(files[0], files[1]) {
                continue;
            }
            let entries = deletions.chain(additions).filter_map(|change| change.old.or(change.new));
            let size = |entry: Entry| repo.blob_size(entry.blob).unwrap_or_default();
            if files.iter().sum::<usize>() > policy.max_files
                || entries.map(size).sum::<u64>() > policy.max_bytes
            {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
