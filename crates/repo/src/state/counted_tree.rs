//! [`counted_tree`]: the tree that counts in a commit, with the registry and the rules that the
//! commit's own tree may lack.
//!
//! A commit without a registry is a *gap*: like any other commit made without hooks, it leaves the
//! registry as it was. So if an earlier commit has one, that registry still counts, as do its rules
//! where the commit has none. Everything that compares commits reads their counted trees, and finds
//! in a gap what it finds in a commit that moved files without updating the registry.

use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::{BlobId, Entry, REGISTRY_PATH};

use super::migration_trailer::MigrationTrailer;
use super::stored_registry::has_registry;
use crate::git::{Commit, CommitId, CountedRegistry, GitError, Repo, TreeId};

/// Returns a commit's tree with the registry that counts in it. If the commit has no registry, and
/// one before it has, that registry is added to the tree, in memory only, along with its rules if
/// the commit has none.
///
/// # Errors
/// Returns an error if commits or trees cannot be read.
pub fn counted_tree(repo: &Repo, id: CommitId) -> Result<TreeId, GitError> {
    let own = repo.commit(id)?.tree;
    match counted_registry(repo, id)? {
        CountedRegistry::In(source) if source != id => over(repo, own, repo.commit(source)?.tree),
        _ => Ok(own),
    }
}

/// Returns a commit with its [counted tree](counted_tree).
///
/// # Errors
/// Returns an error in the same cases as [`counted_tree`].
pub(crate) fn counted_commit(repo: &Repo, id: CommitId) -> Result<Commit, GitError> {
    let mut commit = repo.commit(id)?;
    commit.tree = counted_tree(repo, id)?;
    Ok(commit)
}

/// Returns a tree with the registry of another one and, if it has no rules, with its rules.
pub(crate) fn over(repo: &Repo, tree: TreeId, source: TreeId) -> Result<TreeId, GitError> {
    let blob = |tree, path| -> Result<Option<BlobId>, GitError> {
        let entry = repo.tree_entry(tree, path)?;
        Ok(entry.filter(|entry| entry.mode.is_file()).map(|entry| entry.blob))
    };
    let Some(registry) = blob(source, REGISTRY_PATH)? else { return Ok(tree) };
    let mut blobs = vec![(REGISTRY_PATH, registry)];
    if repo.tree_entry(tree, CONFIG_PATH)?.is_none() {
        blobs.extend(blob(source, CONFIG_PATH)?.map(|rules| (CONFIG_PATH, rules)));
    }
    repo.hold_tree_with(tree, &blobs)
}

/// Returns where the registry that counts in a commit comes from.
///
/// # Errors
/// Returns an error if commits or trees cannot be read, or if git cannot be run.
pub fn counted_registry(repo: &Repo, id: CommitId) -> Result<CountedRegistry, GitError> {
    if has_registry(repo, id)? {
        return Ok(CountedRegistry::In(id));
    }
    if let Some(known) = repo.counted_registry(id) {
        return Ok(known);
    }
    // Most commits without a registry have none before them either, and git finds that out fastest.
    // In a walk through a history, parents come first, and what counts in them is known.
    if !unknown_parents(repo, id)?.is_empty() && !repo.has_ever_changed(REGISTRY_PATH, id)? {
        repo.remember_counted_registry(id, CountedRegistry::None);
        return Ok(CountedRegistry::None);
    }
    // An explicit stack, because a gap may be thousands of commits long.
    let mut open = vec![id];
    while let Some(next) = open.last().copied() {
        if repo.counted_registry(next).is_some() {
            open.pop();
            continue;
        }
        let unknown = unknown_parents(repo, next)?;
        if unknown.is_empty() {
            repo.remember_counted_registry(next, of_parents(repo, &parents_of(repo, next)?)?);
        }
        open.extend(unknown);
    }
    Ok(repo.counted_registry(id).unwrap_or(CountedRegistry::None))
}

/// Returns the parents whose registry a commit without its own leaves as it was.
fn parents_of(repo: &Repo, id: CommitId) -> Result<Vec<CommitId>, GitError> {
    let commit = repo.commit(id)?;
    // A rollback removes the registry on purpose.
    if MigrationTrailer::of(&commit).is_some_and(MigrationTrailer::is_off) {
        return Ok(Vec::new());
    }
    let mut parents = commit.parents;
    parents.retain(|id| repo.has_commit(*id));
    Ok(parents)
}

/// Returns the parents of which it is not known yet which registry counts in them.
fn unknown_parents(repo: &Repo, id: CommitId) -> Result<Vec<CommitId>, GitError> {
    let mut unknown = Vec::new();
    for parent in parents_of(repo, id)? {
        if has_registry(repo, parent)? {
            repo.remember_counted_registry(parent, CountedRegistry::In(parent));
        } else if repo.counted_registry(parent).is_none() {
            unknown.push(parent);
        }
    }
    Ok(unknown)
}

/// Returns where the registry comes from that counts in a commit without its own, given that of
/// each parent.
fn of_parents(repo: &Repo, parents: &[CommitId]) -> Result<CountedRegistry, GitError> {
    let mut counted = CountedRegistry::None;
    for parent in parents {
        // Another repository's history, as in a subtree merge, has nothing that could be missing
        // here.
        if *parent != parents[0] && repo.merge_bases(parents[0], *parent)?.is_empty() {
            continue;
        }
        let of_parent = repo.counted_registry(*parent).unwrap_or(CountedRegistry::None);
        counted = match (counted, of_parent) {
            (CountedRegistry::None, other) | (other, CountedRegistry::None) => other,
            (CountedRegistry::In(one), CountedRegistry::In(other))
                if entry(repo, one)? == entry(repo, other)? =>
            {
                CountedRegistry::In(one)
            }
            _ => CountedRegistry::OfParents,
        };
    }
    Ok(counted)
}

/// Returns the newest commit with a registry, if a commit has none although one counts in it.
///
/// # Errors
/// Returns an error if commits or trees cannot be read, or if git cannot be run.
pub fn registry_before_gap(repo: &Repo, id: CommitId) -> Result<Option<CommitId>, GitError> {
    let mut at = id;
    loop {
        match counted_registry(repo, at)? {
            CountedRegistry::In(source) => return Ok(Some(source).filter(|source| *source != id)),
            CountedRegistry::None => return Ok(None),
            CountedRegistry::OfParents => {
                let parents = repo.commit(at)?.parents;
                let mut adopted = None;
                for parent in parents.into_iter().filter(|id| repo.has_commit(*id)) {
                    if counted_registry(repo, parent)? != CountedRegistry::None {
                        adopted = Some(parent);
                        break;
                    }
                }
                let Some(next) = adopted else { return Ok(None) };
                at = next;
            }
        }
    }
}

/// Returns whether a registry counts in a commit: its own or, in a gap, that of an earlier commit.
///
/// # Errors
/// Returns an error if commits or trees cannot be read, or if git cannot be run.
pub fn is_adopted_at(repo: &Repo, id: CommitId) -> Result<bool, GitError> {
    Ok(counted_registry(repo, id)? != CountedRegistry::None)
}

/// Returns whether a commit on top of another one can be healed: a registry counts there, and there
/// is nothing but a file in its place.
///
/// # Errors
/// Returns an error if commits or trees cannot be read, or if git cannot be run.
pub fn can_start_from(repo: &Repo, id: CommitId) -> Result<bool, GitError> {
    match entry(repo, id)? {
        Some(entry) => Ok(entry.mode.is_file()),
        None => is_adopted_at(repo, id),
    }
}

fn entry(repo: &Repo, id: CommitId) -> Result<Option<Entry>, GitError> {
    repo.tree_entry(repo.commit(id)?.tree, REGISTRY_PATH)
}
