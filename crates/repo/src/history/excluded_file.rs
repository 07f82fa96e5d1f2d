//! Determines whether an excluded identity's file is still the same file.

use idhooks_core::registry::{Origin, RepoPath, key, reason};

use crate::git::{CommitId, Repo};

use super::healed_registries::registry_of;

/// How many commits are searched for the commit that added a file.
const MAX_COMMITS: usize = 5_000;

/// Returns whether the file at a path already existed when the rules excluded the identity
/// `origin`: if so, the identity was not yet excluded in the commit that added the file. Returns
/// true if that commit is not in this clone or is too far back.
pub(crate) fn has_stayed(
    repo: &Repo,
    commits: &[CommitId],
    path: &RepoPath,
    origin: Origin,
) -> bool {
    let has_file = |id: &CommitId| -> Option<bool> {
        let entry = repo.tree_entry(repo.commit(*id).ok()?.tree, path.as_bytes()).ok()?;
        Some(entry.is_some_and(|entry| entry.mode.is_file()))
    };
    let first = |ids: &[CommitId]| ids.iter().copied().find(|id| has_file(id) == Some(true));
    // Missing history must never make a file count as new.
    let Some(mut commit) = first(commits) else { return true };
    for _ in 0..MAX_COMMITS {
        let Ok(parents) = repo.commit(commit).map(|commit| commit.parents) else { return true };
        // Follow one parent that has the file. One line of parents that all have it is enough to
        // show that it stayed.
        if let Some(parent) = first(&parents) {
            commit = parent;
            continue;
        }
        if parents.iter().any(|id| has_file(id).is_none()) {
            return true;
        }
        let Ok(Some(registry)) = registry_of(repo, commit) else { return true };
        let mut records = registry.allocations.iter().filter(|record| record.origin == origin);
        return !records
            .any(|record| record.text(key::DEPRECATED_REASON) == Some(reason::EXCLUDED));
    }
    true
}
