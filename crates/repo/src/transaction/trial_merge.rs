//! Merges one commit into another in memory without a merge driver, as a forge would.

use std::collections::BTreeSet;

use idhooks_core::merge::{Contested, MergeSide, merge_with_paths_of};
use idhooks_core::registry::{Entry, Mode, Registry, RepoPath};

use crate::git::{CommitId, MergedTree, Repo};
use crate::history::{Lineage, MergePreview, preview_merge};
use crate::state::{CommitState, StateError, Stored, if_readable, read_registry};

/// The result of a test merge.
#[derive(Debug)]
pub struct TrialMerge {
    /// The merged content. If the registries have a text conflict, the registry is our merge
    /// driver's result instead.
    pub state: CommitState,
    /// Whether the registries have a text conflict.
    pub registries_collide: bool,
    /// An allocation that the merge must keep at its path in the base. Set if its path in the head
    /// is different and the two commits have no common registry.
    pub contested: Option<Contested>,
    /// The other paths that conflict.
    pub conflicts: BTreeSet<RepoPath>,
}

impl TrialMerge {
    /// Merges `head` into `base` as a forge would. Because this writes objects, `repo` should come
    /// from [`Repo::writing_aside`].
    ///
    /// # Errors
    /// Returns an error if the commits cannot be merged, or if objects cannot be read or written.
    pub fn of(repo: &Repo, base: CommitId, head: CommitId) -> Result<Self, StateError> {
        let MergedTree { tree, mut conflicts } = repo.merge_tree(base, head)?;
        let mut tree = repo.tree(tree)?;
        let registries_collide = conflicts.remove(&RepoPath::registry());
        let mut contested = None;
        // If the registries have a text conflict, the user would merge locally using the driver.
        if registries_collide && let Some(merged) = merged_registry(repo, base, head)? {
            contested = merged.contested;
            let blob = repo.write_blob(merged.registry.format().as_bytes())?;
            tree.insert(RepoPath::registry(), Entry { mode: Mode::Regular, blob });
        }
        let state = CommitState::of(repo, tree, conflicts.clone(), vec![base, head])?;
        Ok(TrialMerge { state, registries_collide, contested, conflicts })
    }
}

/// The registries' merge.
struct MergedRegistry {
    registry: Registry,
    contested: Option<Contested>,
}

/// Returns our merge driver's result for the registries, using the base's paths for contested
/// allocations; `None` if the driver cannot merge them.
fn merged_registry(
    repo: &Repo,
    base: CommitId,
    head: CommitId,
) -> Result<Option<MergedRegistry>, StateError> {
    // The head takes the role of "ours", as if the user had merged the base into the branch.
    let Some(ours) = stored(repo, head)? else { return Ok(None) };
    Ok(match preview_merge(repo, &ours.registry, &[head], base)? {
        MergePreview::Merged { theirs, contest: Some(contest), .. } => {
            let registry = merge_with_paths_of(MergeSide::Theirs, &ours.registry, &theirs)?;
            let contested = contest.contested.into_iter().next();
            Some(MergedRegistry { registry, contested })
        }
        MergePreview::Merged { merged: registry, .. } => {
            Some(MergedRegistry { registry, contested: None })
        }
        MergePreview::NotAdopted | MergePreview::Unmergeable(_) => None,
    })
}

/// The registry in a commit, before and after healing.
#[derive(Debug)]
pub struct Healing {
    /// The registry as committed.
    pub before: Vec<u8>,
    /// The registry after healing.
    pub after: String,
}

/// Returns a commit's healed registry; `None` if the registry is already correct, or if the commit
/// has no readable registry.
///
/// # Errors
/// Returns an error if objects cannot be read or a counter is full.
pub fn healing(repo: &Repo, commit: CommitId) -> Result<Option<Healing>, StateError> {
    let Some(stored) = stored(repo, commit)? else { return Ok(None) };
    let healed = Lineage::of(repo, &[commit]).and_then(|mut lineage| {
        lineage.heal(repo, None, &|_| {})?;
        Ok(lineage.merged)
    });
    let after = match healed {
        // A registry that cannot be merged with its history must be fixed by hand.
        Err(StateError::Merge(_)) => None,
        healed => healed?.as_ref().map(Registry::format),
    };
    let after = after.filter(|after| after.as_bytes() != stored.bytes);
    Ok(after.map(|after| Healing { before: stored.bytes, after }))
}

fn stored(repo: &Repo, commit: CommitId) -> Result<Option<Stored>, StateError> {
    let entry =
        repo.tree_entry(repo.commit(commit)?.tree, idhooks_core::registry::REGISTRY_PATH)?;
    entry.map_or(Ok(None), |entry| if_readable(read_registry(repo, entry)))
}
