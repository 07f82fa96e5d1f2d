//! What heals commits that are refused: tried out in memory, so that no advice leads in a circle.

use std::collections::BTreeSet;

use crate::check::Severity;
use crate::git::{CommitId, Listed, Repo};

use crate::history::verify_history;
use crate::state::StateError;
use crate::transaction::{RebuildError, inconsistent_commits, rebuild, remake};

/// What heals commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// A commit that follows them, as `idhooks reconcile` prepares it.
    FollowUp,
    /// Making those of this range again, as `idhooks reconcile --rewrite` does.
    Rewrite {
        /// The range, which ends at HEAD.
        range: String,
    },
}

/// Finds what heals `commits`, parents first, the last of which is not accepted: `accepts` is
/// asked whether a commit would be that stands in its place. `repo` writes aside.
///
/// # Errors
/// Objects that cannot be read, and what `accepts` fails with.
pub fn remedy<E: From<StateError>>(
    repo: &Repo,
    commits: &[Listed],
    accepts: impl Fn(CommitId) -> Result<bool, E>,
) -> Result<Option<Remedy>, E> {
    let Some(tip) = commits.last().map(|commit| commit.id) else { return Ok(None) };
    if let Some(next) = follow_up(repo, tip)?
        && accepts(next)?
    {
        return Ok(Some(Remedy::FollowUp));
    }
    let ids: Vec<CommitId> = commits.iter().map(|commit| commit.id).collect();
    let untrue = to_rewrite(repo, commits)?;
    let store = |commit: &crate::git::Commit, tree, parents: &[CommitId]| {
        commit.store_unsigned(&repo.git(), tree, parents)
    };
    let rebuilt = match rebuild(repo, &ids, &untrue, &|_| Vec::new(), &store, &|_| {}) {
        // What cannot be merged or has no number left is not healed that way either.
        Err(RebuildError::Walk(
            StateError::Merge(_) | StateError::Plan(_) | StateError::Registry(_),
        ))
        | Err(RebuildError::Unsigned(..)) => return Ok(None),
        Err(RebuildError::Walk(error)) => return Err(error.into()),
        Ok(rebuilt) => rebuilt,
    };
    let (Some((first, _)), Some((last, new))) = (rebuilt.replaced.first(), rebuilt.replaced.last())
    else {
        return Ok(None);
    };
    if *last != tip || !accepts(*new)? {
        return Ok(None);
    }
    let has_parent = !repo.commit(*first).map_err(StateError::from)?.parents.is_empty();
    let range = if has_parent { format!("{}^..HEAD", first.short()) } else { "HEAD".to_owned() };
    Ok(Some(Remedy::Rewrite { range }))
}

/// Makes the commit that `idhooks reconcile` prepares, if it prepares one.
fn follow_up(repo: &Repo, tip: CommitId) -> Result<Option<CommitId>, StateError> {
    let commit = repo.commit(tip)?;
    let remade = match remake(repo, commit.tree, commit.author_time, &[tip], &[], &|_| {}) {
        Err(StateError::Merge(_) | StateError::Plan(_) | StateError::Registry(_)) => None,
        remade => remade?,
    };
    let tree = remade.map(|remade| remade.tree).filter(|tree| *tree != commit.tree);
    Ok(tree.map(|tree| commit.store_unsigned(&repo.git(), tree, &[tip])).transpose()?)
}

/// Returns those of `commits`, parents first, that have to be made again: they are not true, or
/// changed an identity for good.
///
/// # Errors
/// Objects that cannot be read.
pub fn to_rewrite(repo: &Repo, commits: &[Listed]) -> Result<BTreeSet<CommitId>, StateError> {
    let ids: Vec<CommitId> = commits.iter().map(|commit| commit.id).collect();
    let mut found = inconsistent_commits(repo, &ids)?;
    let faults = verify_history(repo, commits, &|| {})?.faults;
    let is_error = |(_, findings): &&(CommitId, Vec<_>)| {
        findings.iter().any(|f: &crate::check::Finding| f.severity == Severity::Error)
    };
    found.extend(faults.iter().filter(is_error).map(|(id, _)| *id));
    Ok(found)
}
