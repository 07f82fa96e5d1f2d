//! Previews what a merge with a branch would do to the registry, without merging.

use idhooks_core::registry::{REGISTRY_PATH, Registry};

use crate::git::{CommitId, Repo};

use super::merged::{merge_bases, merge_over};
use super::registries::Healed;
use crate::state::{StateError, read_registry};

/// The result that a merge with a branch would have.
#[derive(Debug)]
pub enum MergePreview {
    /// The branch has no registry.
    NotAdopted,
    /// The registries can be merged.
    Merged {
        /// The registry of the branch.
        theirs: Registry,
        /// The result.
        merged: Registry,
        /// Whether the branch has a commit in common with ours.
        is_related: bool,
    },
    /// The branch's registry cannot be read, or cannot be merged with ours.
    Unmergeable(StateError),
}

/// Merges `ours`, the registry of something based on the commits `over`, with the registry of a
/// branch.
///
/// The branch's registry is used as it is: files that its commits left without an identity get one
/// in the real merge.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn preview_merge(
    repo: &Repo,
    ours: &Registry,
    over: &[CommitId],
    branch: CommitId,
) -> Result<MergePreview, StateError> {
    let Some(entry) = repo.tree_entry(repo.commit(branch)?.tree, REGISTRY_PATH)? else {
        return Ok(MergePreview::NotAdopted);
    };
    let theirs = match read_registry(repo, entry) {
        Ok(stored) => stored.registry,
        Err(error @ StateError::Registry(_)) => return Ok(MergePreview::Unmergeable(error)),
        Err(error) => return Err(error),
    };
    let bases = merge_bases(repo, over, branch)?;
    let merged = merge_over(repo, &bases, ours, &theirs, &Healed::new(), 0);
    match merged {
        Ok(merged) => Ok(MergePreview::Merged { theirs, merged, is_related: !bases.is_empty() }),
        Err(error @ StateError::Merge(_)) => Ok(MergePreview::Unmergeable(error)),
        Err(error) => Err(error),
    }
}
