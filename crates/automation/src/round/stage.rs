//! The changes that a watcher with '--live' stages: moves in the working tree, and identities for
//! new files.

use std::collections::BTreeMap;

use idhooks_core::registry::{Origin, REGISTRY_PATH, Registry, RepoPath, key};
use idhooks_ops::{Observer, OpsError, lifecycle};
use idhooks_repo::events::Edit;
use idhooks_repo::git::Repo;

use super::messages::{ObservedMove, RoundAnswer};
use super::moved_index::MovedIndex;
use super::registry_opening::open;

/// Stages at most `limit` changes: moves first, then new files.
pub(super) fn stage(
    observer: &mut dyn Observer,
    repo: &Repo,
    moves: &[ObservedMove],
    limit: usize,
    answer: &mut RoundAnswer,
) -> Result<(), OpsError> {
    let followed = follow(observer, repo, moves, limit, answer)?;
    match answer.waits_for {
        None => complete(observer, repo, limit.saturating_sub(followed), answer),
        Some(_) => Ok(()),
    }
}

/// Moves files in the index, along with their records, to match the moves in the working tree;
/// returns the number of moves. These include moves that `git stash pop` restored only in the
/// working tree.
fn follow(
    observer: &mut dyn Observer,
    repo: &Repo,
    moves: &[ObservedMove],
    limit: usize,
    answer: &mut RoundAnswer,
) -> Result<usize, OpsError> {
    let unstaged = unstaged_registry(repo)?;
    if moves.is_empty() && unstaged.is_none() {
        return Ok(0);
    }
    let Some(transaction) = open(observer, repo, answer)? else { return Ok(0) };
    let mut index = MovedIndex::new(&transaction);
    let paths = index.origins.iter().map(|(path, origin)| (*origin, path.clone()));
    let paths: BTreeMap<Origin, RepoPath> = paths.collect();
    for record in unstaged.iter().flat_map(|registry| registry.active()) {
        let path = paths.get(&record.origin).filter(|path| **path != record.path);
        path.iter().for_each(|from| index.restore(from, &record.path));
    }
    let mut left: Vec<&ObservedMove> = moves.iter().take(limit).collect();
    // One move may free another file's new path.
    loop {
        let before = left.len();
        left.retain(|(from, to)| !index.follow(from, to));
        if left.len() == before {
            break;
        }
    }
    let (followed, entries) = (index.moves.len(), index.steps());
    if followed > 0 {
        let mut after = transaction.registry().clone();
        lifecycle::relocate(&mut after, &index.moves, transaction.committed());
        transaction.write_with(observer, &after, entries)?;
        answer.note(Edit::between(transaction.registry(), &after));
    }
    Ok(followed)
}

/// Stages the changes that 'idhooks reconcile' would make for a consistent HEAD, and gives
/// identities to at most `limit` files.
fn complete(
    observer: &mut dyn Observer,
    repo: &Repo,
    limit: usize,
    answer: &mut RoundAnswer,
) -> Result<(), OpsError> {
    let Some(transaction) = open(observer, repo, answer)? else { return Ok(()) };
    let (after, is_complete) = transaction.completed(limit)?;
    transaction.write(observer, &after)?;
    answer.note(Edit::between(transaction.stored(), &after));
    answer.has_more = !is_complete;
    Ok(())
}

/// Returns the registry from the working tree if it contains moved records.
fn unstaged_registry(repo: &Repo) -> Result<Option<Registry>, OpsError> {
    let text = repo.read_working(REGISTRY_PATH)?.unwrap_or_default();
    // Parsing a large registry takes a long time, and most registries contain no moved records.
    let has_moves = String::from_utf8_lossy(&text).contains(key::MOVED_FROM);
    // An unreadable registry is reported elsewhere.
    Ok(if has_moves { Registry::parse(&text).ok() } else { None })
}
