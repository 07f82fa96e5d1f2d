//! Finds out in advance what the next commit needs to know about HEAD and the commits before it.

use super::consistency::{Consistency, check_as_stored};
use super::dropped_records::is_complete;
use super::healed_registries::{GENERATIONS, Healed, first_parents};
use super::recent_changes::recent;
use crate::git::{CommitId, Repo};
use crate::state::StateError;

/// Checks a commit, searches the commits before it, and caches the results, so that a commit on top
/// of it takes no longer than others. An inconsistent commit is left to that commit, which heals it.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn prepare_next_commit(repo: &Repo, head: CommitId) -> Result<(), StateError> {
    // Oldest first: a commit whose parent is known to be consistent is only compared with it.
    for id in first_parents(repo, Some(head)).into_iter().rev() {
        match check_as_stored(repo, id)? {
            Consistency::Inconsistent(_) => return Ok(()),
            Consistency::NotAdopted if id == head => return Ok(()),
            Consistency::NotAdopted | Consistency::Consistent => {}
        }
    }
    is_complete(repo, head)?;
    for generation in 0..GENERATIONS - 1 {
        recent(repo, &[head], &Healed::new(), generation);
    }
    Ok(())
}
