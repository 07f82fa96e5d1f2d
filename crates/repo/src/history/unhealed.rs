//! What a commit of this clone could not heal.

use crate::git::{CommitId, Repo};
use crate::state::StateError;

use super::{lacking::Lacking, lineage::Lineage};

/// Returns what this clone lacks to heal all that is inconsistent in a commit, if it lacks something.
/// From now on, this invocation fetches nothing.
///
/// # Errors
/// Returns an error if objects cannot be read or registries cannot be merged.
pub fn missing_to_heal(repo: &Repo, commit: CommitId) -> Result<Option<Lacking>, StateError> {
    if !repo.is_partial() && !repo.is_shallow()? {
        return Ok(None);
    }
    repo.fetch_nothing();
    let mut lineage = Lineage::of_witnesses(repo, &[commit])?;
    lineage.heal(repo, &|_| {})?;
    Ok(lineage.missing())
}
