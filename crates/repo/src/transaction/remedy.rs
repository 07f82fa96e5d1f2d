//! Finds the command that heals rejected commits by trying it out in memory, so that the advice
//! always works.

use std::collections::BTreeSet;

use idhooks_core::check::Severity;
use idhooks_core::config::RenameLimits;

use crate::git::{CommitId, Listed, Repo};
use crate::history::verify_history;
use crate::state::{StateError, can_start_from, if_plannable};
use crate::transaction::{RewriteError, inconsistent_commits, rebuild, rewrite_commit};

/// The command that heals commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// A commit on top, as prepared by `idhooks reconcile`.
    HealingCommit,
    /// A rewrite of this range, as made by `idhooks reconcile --rewrite`.
    Rewrite {
        /// The range, which ends at HEAD.
        range: String,
    },
}

/// Returns the remedy for `commits` (parents first), the last of which was rejected. `accepts`
/// returns whether a commit would be accepted in its place. Because this writes objects, `repo`
/// should come from [`Repo::writing_aside`].
///
/// # Errors
/// Returns an error if objects cannot be read; also returns any error from `accepts`.
pub fn remedy<E: From<StateError>>(
    repo: &Repo,
    commits: &[Listed],
    accepts: impl Fn(CommitId) -> Result<bool, E>,
) -> Result<Option<Remedy>, E> {
    let Some(tip) = commits.last().map(|commit| commit.id) else { return Ok(None) };
    // Both commands need a registry to start from, and follow no link. The finding says how to
    // replace it.
    if !can_start_from(repo, tip).map_err(StateError::from)? {
        return Ok(None);
    }
    // Try the smaller change first: a commit on top rewrites nothing.
    if let Some(next) = follow_up(repo, tip)?
        && accepts(next)?
    {
        return Ok(Some(Remedy::HealingCommit));
    }
    let ids: Vec<CommitId> = commits.iter().map(|commit| commit.id).collect();
    let inconsistent = to_rewrite(repo, commits)?;
    let store = |commit: &crate::git::Commit, tree, parents: &[CommitId]| {
        // The trial commits are not signed, because signing might prompt for a passphrase.
        commit.store_unsigned(&repo.git(), tree, parents)
    };
    let rebuilt = match rebuild(repo, &ids, &inconsistent, &|_| Vec::new(), &store, &|_| {}) {
        // Registries that cannot be merged or have run out of numbers cannot be healed this way
        // either.
        Err(RewriteError::State(
            StateError::Merge(_) | StateError::Plan(_) | StateError::Registry(_),
        ))
        | Err(RewriteError::Unsigned(..)) => return Ok(None),
        Err(RewriteError::State(error)) => return Err(error.into()),
        Ok(rebuilt) => rebuilt,
    };
    let (Some((first, _)), Some((last, new))) = (rebuilt.replaced.first(), rebuilt.replaced.last())
    else {
        return Ok(None);
    };
    // A range that ends before the tip would leave the rejected commit in place.
    if *last != tip || !accepts(*new)? {
        return Ok(None);
    }
    let has_parent = !repo.commit(*first).map_err(StateError::from)?.parents.is_empty();
    let range = if has_parent { format!("{}^..HEAD", first.short()) } else { "HEAD".to_owned() };
    Ok(Some(Remedy::Rewrite { range }))
}

/// Creates the commit that `idhooks reconcile` would prepare, if any.
fn follow_up(repo: &Repo, tip: CommitId) -> Result<Option<CommitId>, StateError> {
    let commit = repo.commit(tip)?;
    let rewritten = rewrite_commit(repo, &commit, &[tip], &[], RenameLimits::NONE, &|_| {});
    let rewritten = if_plannable(rewritten)?.flatten();
    let tree = rewritten.map(|rewritten| rewritten.tree).filter(|tree| *tree != commit.tree);
    Ok(tree.map(|tree| commit.store_unsigned(&repo.git(), tree, &[tip])).transpose()?)
}

/// Returns the commits in `commits` (parents first) that must be rewritten, either because they are
/// inconsistent or because they changed an identity permanently.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn to_rewrite(repo: &Repo, commits: &[Listed]) -> Result<BTreeSet<CommitId>, StateError> {
    let ids: Vec<CommitId> = commits.iter().map(|commit| commit.id).collect();
    let mut found = inconsistent_commits(repo, &ids)?;
    let faults = verify_history(repo, commits, &|| {})?.faults;
    let is_error = |(_, findings): &&(CommitId, Vec<_>)| {
        findings.iter().any(|f: &idhooks_core::check::Finding| f.severity == Severity::Error)
    };
    found.extend(faults.iter().filter(is_error).map(|(id, _)| *id));
    Ok(found)
}
