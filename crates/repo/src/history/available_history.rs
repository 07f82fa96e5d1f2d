//! Determines which parts of a history are in this clone, and fetches the parts that healing needs.

use std::collections::{BTreeSet, VecDeque};

use idhooks_core::check::{Subject, consistency};
use idhooks_core::config::{CONFIG_PATH, Config, RenameLimits, is_own};
use idhooks_core::registry::{BlobId, REGISTRY_PATH, RepoPath};
use idhooks_core::rename::{FEW_PATHS, WholeTrees, pair_in_trees};

use crate::git::{CommitId, GitError, Repo};
use crate::state::{CommitState, StateError, counted_commit, counted_tree, read_config_in};

/// The maximum number of commits to search for registries that healing may need.
const MAX_COMMITS: usize = 200;
/// The maximum number of these commits' trees to fetch, if the clone lacks trees as well.
const MAX_TREES: usize = 16;

/// Returns whether a commit can be judged: the commit, its tree, its registry and its rules must be
/// in this clone.
pub(super) fn is_known(repo: &Repo, id: CommitId) -> bool {
    repo.has_commit(id) && own_blobs(repo, id).into_iter().flatten().all(|blob| repo.has_blob(blob))
}

/// Returns whether any of a commit's parents cannot be judged, in which case the commit cannot be
/// compared with all of them.
pub fn is_at_boundary(repo: &Repo, parents: &[CommitId]) -> bool {
    parents.iter().any(|id| !is_known(repo, *id))
}

/// Returns whether a commit at the boundary of a shallow clone is inconsistent in itself. The
/// registry it should have is unknown, so a commit on top of it must keep its records, but does not
/// have to match its files.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub(super) fn is_unjudged(repo: &Repo, id: CommitId) -> Result<bool, StateError> {
    if !repo.is_shallow()? || !is_at_boundary(repo, &repo.commit(id)?.parents) {
        return Ok(false);
    }
    let state = CommitState::of_witness(repo, counted_tree(repo, id)?)?;
    let Some(registry) = state.registry() else { return Ok(false) };
    let config = state.config(repo).unwrap_or_default();
    Ok(!consistency(&Subject::new(&config, registry, &state.tree)).is_empty())
}

/// Returns the registry and rules blobs in a commit that is in this clone.
fn own_blobs(repo: &Repo, id: CommitId) -> [Option<BlobId>; 2] {
    [REGISTRY_PATH, CONFIG_PATH].map(|path| {
        let entry = repo.tree_entry(counted_tree(repo, id).ok()?, path).ok()??;
        Some(entry).filter(|entry| entry.mode.is_file()).map(|entry| entry.blob)
    })
}

/// Fetches, in one request, the registries and rules that a partial clone lacks for the most recent
/// commits up to `tips`.
pub(super) fn obtain_history(repo: &Repo, tips: &[CommitId]) -> Result<(), GitError> {
    let (mut queue, mut seen) = (VecDeque::from(tips.to_vec()), BTreeSet::new());
    let (mut trees, mut commits) = (BTreeSet::new(), Vec::new());
    while let Some(id) = queue.pop_front() {
        let Ok(commit) = repo.commit(id) else { continue };
        if commits.len() >= MAX_COMMITS || !seen.insert(id) {
            continue;
        }
        if trees.len() < MAX_TREES && !repo.has_blob(commit.tree.object()) {
            trees.insert(commit.tree.object());
        }
        queue.extend(commit.parents);
        commits.push(id);
    }
    // The time limit is set in the repository's rules, which may themselves be missing.
    let rules = tips.iter().find_map(|id| {
        let entry = repo.tree_entry(counted_tree(repo, *id).ok()?, CONFIG_PATH).ok()?;
        read_config_in(repo, entry).ok()
    });
    let limit = rules.unwrap_or_default().rename.fetch_limit();
    // Fetch trees first, because the ids of the registries' blobs are found only in them.
    repo.obtain(&trees, limit);
    let present = commits.into_iter().filter(|id| repo.has_commit(*id));
    let blobs = present.flat_map(|id| own_blobs(repo, id)).flatten();
    let missing: BTreeSet<BlobId> = blobs.filter(|blob| !repo.has_blob(*blob)).collect();
    repo.obtain(&missing, limit);
    Ok(())
}

/// Fetches, all at once, the contents needed to detect the renames in these commits, if this clone
/// may lack any. `limits` apply where a commit's own limits are lower.
pub(super) fn obtain_contents(
    repo: &Repo,
    commits: &[CommitId],
    limits: RenameLimits,
) -> Result<(), GitError> {
    if !repo.is_partial() {
        return Ok(());
    }
    let (mut all, mut limit) = (Vec::new(), Config::default().rename.fetch_limit());
    for id in commits.iter().filter(|id| repo.has_commit(**id)) {
        let commit = counted_commit(repo, *id)?;
        let entry = repo.tree_entry(commit.tree, CONFIG_PATH)?;
        let mut config = read_config_in(repo, entry).unwrap_or_default();
        config.rename.raise_to(limits);
        limit = limit.max(config.rename.fetch_limit());
        for parent in commit.parents.into_iter().filter(|id| repo.has_commit(*id)) {
            let old = repo.commit(parent)?.tree;
            let mut changes = repo.changes(old, commit.tree)?;
            // idhooks' own files are never matched as renames, so don't fetch their contents.
            changes.retain(|change| !is_own(&change.path));
            all.push((old, changes, config.rename));
        }
    }
    repo.with_contents(limit, |blobs| {
        for (old, changes, policy) in &all {
            let siblings = |path: &RepoPath| repo.siblings(*old, path).unwrap_or_default();
            // How many paths have a content does not depend on the contents.
            let trees = WholeTrees { paths_with: &|_| FEW_PATHS, siblings: &siblings };
            drop(pair_in_trees(changes, blobs, policy, trees));
        }
        Ok(())
    })
}
