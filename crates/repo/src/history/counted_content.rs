//! [`counted_content`]: the registry that counts in a commit, even if healing has to make it.

use idhooks_core::registry::Registry;

use crate::git::{CommitId, Repo};
use crate::state::StateError;

use super::lineage::Lineage;
use super::merged_registries::{merge_bases, virtual_base};

/// Returns the registry that counts in a commit: its own or, if it has none that can be used, the
/// one that healing gives it. Returns `None` if there is none to start from.
///
/// # Errors
/// Returns an error if objects cannot be read, if registries cannot be merged, or if a counter has
/// reached its maximum.
pub fn counted_content(repo: &Repo, commit: CommitId) -> Result<Option<Registry>, StateError> {
    let mut lineage = Lineage::of_witnesses(repo, &[commit])?;
    lineage.heal(repo, None, &|_| {})?;
    Ok(lineage.merged)
}

/// Returns the virtual base of the registries in two commits, as healing sees it, or `None` if
/// they or their merge bases have no registry.
///
/// # Errors
/// Returns an error in the same cases as [`counted_content`].
pub fn counted_base(
    repo: &Repo,
    [ours, theirs]: [CommitId; 2],
) -> Result<Option<Registry>, StateError> {
    let Some(counted) = counted_content(repo, ours)? else { return Ok(None) };
    let mut lineage = Lineage::of_witnesses(repo, &[ours, theirs])?;
    lineage.heal(repo, None, &|_| {})?;
    let bases = merge_bases(repo, &[ours], theirs)?;
    virtual_base(repo, &bases, counted.scope, &lineage.healed, 0)
}
