//! Files that commits without hooks take away and put back, while the registry stays as it is.
//!
//! A commit is checked against its parents as they are stored. If a commit deletes or moves a file and
//! leaves the registry alone, and a later one has a file at that path again, the registry fits again, as
//! if nothing had happened: three renames may have exchanged two files. Such a commit decides nothing;
//! what healing says about the paths does, as long as no commit changes the registry.

use std::collections::BTreeSet;

use idhooks_core::registry::{Entry, REGISTRY_PATH, RepoPath};

use crate::git::{CommitId, TreeId};
use crate::state::{StateError, if_readable};

use super::commit_reader::CommitReader;

/// Returns the paths of active records at which a commit, whose only parent has the same registry, adds
/// files.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub(super) fn files_put_back(
    reader: &mut CommitReader<'_>,
    tree: TreeId,
    parents: &[CommitId],
) -> Result<BTreeSet<RepoPath>, StateError> {
    let (repo, none) = (reader.repo, BTreeSet::new());
    let [parent] = parents else { return Ok(none) };
    if !repo.has_commit(*parent) {
        return Ok(none);
    }
    let before = repo.commit(*parent)?.tree;
    let entry = repo.tree_entry(tree, REGISTRY_PATH)?;
    if entry != repo.tree_entry(before, REGISTRY_PATH)? {
        return Ok(none);
    }
    let Some(entry) = entry.filter(|entry| entry.mode.is_file() && reader.has_blob(entry.blob))
    else {
        return Ok(none);
    };
    let is_file = |entry: Option<Entry>| entry.is_some_and(|entry| entry.mode.is_file());
    let changes = repo.changes(before, tree)?.into_iter();
    let added = changes.filter(|change| is_file(change.new) && !is_file(change.old));
    let mut paths: BTreeSet<RepoPath> = added.map(|change| change.path).collect();
    if paths.is_empty() {
        return Ok(none);
    }
    let Some(stored) = if_readable(reader.registry(entry))? else { return Ok(none) };
    let active: BTreeSet<&RepoPath> = stored.registry.active().map(|record| &record.path).collect();
    paths.retain(|path| active.contains(path));
    Ok(paths)
}
