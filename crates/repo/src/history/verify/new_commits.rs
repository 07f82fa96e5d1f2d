//! Checks new commits, such as those that a push adds, together with the inconsistent commits
//! before them.

use std::collections::BTreeSet;

use idhooks_core::check::Severity;

use crate::git::{CommitId, Listed, Repo};
use crate::history::inconsistent::find_inconsistent;
use crate::state::StateError;

use super::walk::{Examined, verify_history};

/// Checks new commits, parents first. If they follow inconsistent commits, those commits determine
/// what the new commits must contain, as when the whole history is checked. Findings about old
/// commits are left out, except for losses that a new commit confirms.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn verify_new(repo: &Repo, commits: &[Listed]) -> Result<Examined, StateError> {
    let new: BTreeSet<CommitId> = commits.iter().map(|commit| commit.id).collect();
    let parents = commits.iter().flat_map(|commit| &commit.parents);
    let before: BTreeSet<CommitId> = parents.filter(|id| !new.contains(id)).copied().collect();
    let (mut all, mut known) = (Vec::new(), BTreeSet::new());
    for id in before.into_iter().filter(|id| repo.has_commit(*id)) {
        // Without the inconsistent commits, the first new commit would be compared with a wrong
        // registry.
        for id in find_inconsistent(repo, &[id])? {
            if known.insert(id) && !new.contains(&id) {
                let commit = repo.commit(id)?;
                let (tree, time, parents) = (commit.tree, commit.author_time, commit.parents);
                all.push(Listed { id, tree, time, parents });
            }
        }
    }
    all.extend(commits.iter().cloned());
    let mut examined = verify_history(repo, &all, &|| {})?;
    let names: BTreeSet<String> = new.iter().map(CommitId::to_string).collect();
    for (id, findings) in &mut examined.faults {
        if !new.contains(id) {
            // A loss in an old commit is reported only if a new commit confirms it, which makes it
            // permanent.
            findings.retain(|finding| {
                let mut related = finding.related.iter().filter_map(|r| r.commit.as_ref());
                finding.severity == Severity::Error && related.any(|commit| names.contains(commit))
            });
        }
    }
    examined.faults.retain(|(_, findings)| !findings.is_empty());
    Ok(examined)
}
