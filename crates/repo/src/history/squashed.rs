//! Finds commits, combined from several others, that give an exactly renamed file a different
//! identity than it had.

use std::collections::BTreeSet;

use idhooks_core::check::{Subject, exact_renames};
use idhooks_core::registry::{BlobId, Change, Entry, RepoPath};

use crate::git::{CommitId, Repo};
use crate::state::{CommitState, StateError, counted_commit, counted_tree};

use super::lineage::Lineage;

/// Returns whether a commit with one parent changes the identity of a file that it renames without
/// editing. An amended or squashed commit may do this even if every original commit kept the
/// identity.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn loses_exact_rename(repo: &Repo, id: CommitId) -> Result<bool, StateError> {
    let commit = counted_commit(repo, id)?;
    let [parent] = commit.parents[..] else { return Ok(false) };
    if !repo.has_commit(parent) {
        return Ok(false);
    }
    let changes = repo.changes(counted_tree(repo, parent)?, commit.tree)?;
    // Start with the cheap test: most commits rename nothing, and then no registry has to be read.
    if renamed_exactly(&changes).is_empty() {
        return Ok(false);
    }
    let state = CommitState::of_witness(repo, commit.tree)?;
    let Some(registry) = state.registry() else { return Ok(false) };
    let config = state.config(repo).unwrap_or_default();
    let lineage = Lineage::of_witnesses(repo, &commit.parents)?;
    let parents = lineage.with_registry();
    let merged = lineage.merged.as_ref();
    let registry = registry.with_origins_of(merged);
    let subject = Subject::new(&config, &registry, &state.tree);
    Ok(!exact_renames(&Subject { parents: &parents, merged, blobs: repo, ..subject }).is_empty())
}

/// Returns the paths of new files with the same content as a deleted file.
pub(super) fn renamed_exactly(changes: &[Change]) -> BTreeSet<&RepoPath> {
    let file = |entry: Option<Entry>| entry.filter(|entry| entry.mode.is_file());
    let deleted = changes.iter().filter(|change| change.new.is_none());
    let deleted: BTreeSet<BlobId> =
        deleted.filter_map(|change| Some(file(change.old)?.blob)).collect();
    let added = changes.iter().filter(|change| change.old.is_none());
    let is_renamed =
        |change: &&Change| file(change.new).is_some_and(|new| deleted.contains(&new.blob));
    added.filter(is_renamed).map(|change| &change.path).collect()
}
