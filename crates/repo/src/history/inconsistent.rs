//! Finds the commits whose registries have to be healed.

use std::collections::BTreeSet;

use idhooks_core::check::{Code, Finding};
use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::{Entry, REGISTRY_PATH, RepoPath};

use crate::git::{CommitId, Repo, TreeId};
use crate::state::{StateError, counted_commit};

use super::available_history::{is_known, obtain_history};
use super::consistency::{Consistency, check_as_stored};
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
    let mut faults = LastingFaults::default();
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
                || faults.are_in(repo, id)?
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

/// The faults of the last commit that was checked. In a chain of commits that leave
/// the registry alone, those before it have most of them, too, and need not be checked completely.
#[derive(Default)]
struct LastingFaults {
    /// The registry and the rules.
    sources: [Option<Entry>; 2],
    /// The paths at which a file has no identity, or an identity no file, and whether there is a
    /// file.
    paths: Vec<(RepoPath, bool)>,
}

impl LastingFaults {
    /// Returns whether a commit is inconsistent as stored.
    fn are_in(&mut self, repo: &Repo, id: CommitId) -> Result<bool, StateError> {
        let tree = counted_commit(repo, id)?.tree;
        let sources = [repo.tree_entry(tree, REGISTRY_PATH)?, repo.tree_entry(tree, CONFIG_PATH)?];
        if sources == self.sources {
            // With the same registry and the same rules, only the file decides.
            while let Some((path, has_file)) = self.paths.last() {
                if is_file(repo, tree, path)? == *has_file {
                    return Ok(true);
                }
                self.paths.pop();
            }
        }
        let consistency = check_as_stored(repo, id)?;
        self.sources = sources;
        self.paths.clear();
        if let Consistency::Inconsistent(findings) = &consistency {
            for Finding { code, path, .. } in findings {
                if let (Code::MissingId | Code::StalePath, Some(path)) = (code, path) {
                    self.paths.push((path.clone(), is_file(repo, tree, path)?));
                }
            }
        }
        Ok(consistency.is_inconsistent())
    }
}

fn is_file(repo: &Repo, tree: TreeId, path: &RepoPath) -> Result<bool, StateError> {
    let entry = repo.tree_entry(tree, path.as_bytes())?;
    Ok(entry.is_some_and(|entry| entry.mode.is_file()))
}
