//! Finds the commits whose registries have to be healed.

use std::collections::BTreeSet;

use crate::git::{CommitId, Repo};
use crate::state::StateError;

use super::available_history::{is_known, obtain_history};
use super::consistency::is_inconsistent;
use super::dropped_records::dropped_records;
use super::put_back::PutBackSearch;

/// Returns the inconsistent commits from `commits` back to the newest consistent ones, parents
/// first. `commits` themselves may be included. Commits that are consistent only because they
/// follow inconsistent ones are also included.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn find_inconsistent(repo: &Repo, commits: &[CommitId]) -> Result<Vec<CommitId>, StateError> {
    let mut dropped = dropped_records(repo, commits)?;
    let mut put_back = PutBackSearch::new(repo);
    let mut is_obtained = !repo.is_partial();
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    // Each commit, and whether its parents have been searched. This is an explicit stack, because a
    // branch made without hooks may contain thousands of commits, too many for recursion.
    let mut open: Vec<(CommitId, bool)> = commits.iter().map(|id| (*id, false)).collect();
    while let Some((id, is_searched)) = open.pop() {
        if is_searched {
            found.push(id);
            continue;
        }
        if !seen.insert(id) {
            continue;
        }
        let is_wrong = is_known(repo, id)
            && (dropped.contains(&id)
                || is_inconsistent(repo, id)?
                || !put_back.paths(id)?.is_empty());
        if !is_obtained && (is_wrong || !is_known(repo, id)) {
            // In a partial clone, a commit may appear inconsistent only because objects are
            // missing, so fetch them once and judge the commit again.
            is_obtained = true;
            obtain_history(repo, commits)?;
            dropped = dropped_records(repo, commits)?;
            put_back = PutBackSearch::new(repo);
            seen.remove(&id);
            open.push((id, false));
        // A commit that cannot be judged does not count as wrong, so the search ends there.
        } else if is_wrong {
            open.push((id, true));
            open.extend(repo.commit(id)?.parents.into_iter().map(|parent| (parent, false)));
        }
    }
    Ok(found)
}
