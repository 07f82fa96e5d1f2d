//! Follows branches that started before the repository was adopted.
//!
//! When such a branch is merged, its files get the identities that they have on the adopted side.
//! Renames are followed along the branch commit by commit, so that a file keeps its identity
//! however often it was renamed and edited there.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::is_file;
use idhooks_core::registry::{Registry, Tree};

use crate::git::{Commit, CommitId, Repo};

use crate::history::merge_all;
use crate::history::{heal::HealChain, heal::Healed};
use crate::state::{StateError, has_registry};

/// Adds to `healed` what the registries of the `parents` without one would be if their branches had
/// been adopted at the fork point. Adds nothing if all parents have a registry, or none.
///
/// # Errors
/// Returns an error if objects cannot be read or registries cannot be merged.
pub(super) fn follow_unadopted(
    repo: &Repo,
    parents: &[CommitId],
    healed: &mut Healed,
) -> Result<(), StateError> {
    if parents.len() < 2 {
        return Ok(());
    }
    let mut adopted = Vec::new();
    let mut unadopted = Vec::new();
    for id in parents.iter().copied().filter(|id| repo.has_commit(*id)) {
        let has_registry_now = healed.contains_key(&id) || has_registry(repo, id)?;
        if has_registry_now { adopted.push(id) } else { unadopted.push(id) }
    }
    if unadopted.is_empty() {
        return Ok(());
    }
    let Some(adopted_registry) = merge_all(repo, &adopted, healed)? else { return Ok(()) };
    for id in unadopted {
        follow(repo, id, &adopted, &adopted_registry, healed)?;
    }
    Ok(())
}

fn follow(
    repo: &Repo,
    tip: CommitId,
    adopted: &[CommitId],
    adopted_registry: &Registry,
    healed: &mut Healed,
) -> Result<(), StateError> {
    let ids = repo.commits_since(tip, adopted)?;
    let here = ids.iter().filter(|id| repo.has_commit(**id));
    let order: Vec<(CommitId, Commit)> =
        here.map(|id| Ok((*id, repo.commit(*id)?))).collect::<Result<_, StateError>>()?;
    let branch: BTreeSet<CommitId> = order.iter().map(|(id, _)| *id).collect();
    let mut children: BTreeMap<CommitId, usize> = BTreeMap::new();
    for parent in order.iter().flat_map(|(_, commit)| &commit.parents) {
        *children.entry(*parent).or_default() += 1;
    }
    let starts = children.keys().filter(|id| !branch.contains(id) && repo.has_commit(**id));
    let starts: Vec<CommitId> = starts.copied().collect();
    for id in &starts {
        if has_registry(repo, *id)? {
            // The branch is not older than the adoption: it removed the registry.
            return Ok(());
        }
    }
    if starts.is_empty() {
        // A branch of another repository, as in a subtree merge, has nothing of ours to follow.
        return Ok(());
    }
    for id in &starts {
        let tree = repo.tree(repo.commit(*id)?.tree)?;
        healed.insert(*id, of_files(adopted_registry, &tree));
    }
    // Merges need the registries of the commits where branches fork.
    let parting = children.into_iter().filter(|(_, count)| *count > 1).map(|(id, _)| id);
    let needed = parting.chain(starts).chain([tip]).collect();
    HealChain { order, allocate: false, needed }.heal(repo, healed, &|_| {})
}

/// Returns the registry with only the active records of files in the tree.
fn of_files(adopted_registry: &Registry, tree: &Tree) -> Registry {
    let mut registry = adopted_registry.clone();
    registry.allocations.retain(|record| record.is_active() && is_file(tree, &record.path));
    registry
}
