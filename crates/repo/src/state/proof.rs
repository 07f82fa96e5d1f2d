//! Proves quickly that an index has no findings, in the simple case.
//!
//! Entries and records are read directly from their files. Anything unusual is left to the full
//! check, which reports it.

use idhooks_core::check::{CleanCounts, count_clean, tracked_paths};
use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::{PathList, REGISTRY_PATH, RepoPath};

use crate::cache::CheckCounts;
use crate::git::{IndexPeek, Repo, TreeId};

use crate::state::{StateError, WorkingRegistry, read_config_in};

/// Returns the counts of a check of the index if it obviously has no findings. `seen` is the result
/// of a quick read of the index, if there was one.
///
/// # Errors
/// Returns an error if the index, HEAD or objects cannot be read.
pub(super) fn prove_clean(
    repo: &Repo,
    seen: Option<IndexPeek>,
) -> Result<Option<CheckCounts>, StateError> {
    if !repo.merge_heads()?.is_empty() {
        return Ok(None);
    }
    let (mut files, mut config_entry) = (PathList::default(), None);
    let listing = repo.listing(&repo.index_file(), seen, |path, entry| {
        if path == CONFIG_PATH.as_bytes() {
            config_entry = Some(entry);
        } else if entry.mode.is_file() {
            files.push(path);
        }
    })?;
    let Some(listing) = listing else { return Ok(None) };
    let head = match repo.head()? {
        Some(id) if !repo.has_commit(id) => return Ok(None),
        Some(id) => repo.commit(id)?.tree,
        // Every file is new, and the heads of new files must be read.
        None => return Ok(None),
    };
    let before = repo.tree_entry(head, REGISTRY_PATH)?;
    if before.is_some_and(|before| before != listing.registry) {
        return Ok(None);
    }
    let config = read_config_in(repo, config_entry)?;
    let Some(files) = tracked_paths(&config, files) else { return Ok(None) };
    let blob = listing.registry.blob;
    if !repo.has_blob(blob) {
        return Ok(None);
    }
    // Read the working file if it is equal.
    let proof = match WorkingRegistry::open(repo, blob, |meta| listing.knows(meta)) {
        Ok(Some(source)) => count_clean(&config, &source.file, &files),
        _ => repo.local_blob(blob).and_then(|bytes| count_clean(&config, &*bytes, &files)),
    };
    let Some(CleanCounts { files, identities, set_aside }) = proof else { return Ok(None) };
    if !are_gone(repo, head, &set_aside)? {
        return Ok(None);
    }
    // The proof only succeeds if no rule requires reading a head.
    Ok(Some(CheckCounts { files, identities, unread: files, registry: blob }))
}

/// Returns whether a tree has nothing at these paths.
fn are_gone(repo: &Repo, tree: TreeId, paths: &[RepoPath]) -> Result<bool, StateError> {
    for path in paths {
        if repo.tree_entry(tree, path.as_bytes())?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}
