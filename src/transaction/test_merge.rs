//! What merging one commit into another comes to where no merge driver runs, found out without
//! merging.

use std::collections::BTreeSet;

use crate::git::{CommitId, MergedTree, Repo};
use crate::registry::{Entry, Mode, Registry, RepoPath};

use crate::history::{Lineage, MergePreview, look_ahead};
use crate::state::{StateError, Stored, read_registry};
use crate::transaction::View;

/// A merge that was proposed.
#[derive(Debug)]
pub struct TestMerge {
    /// The result. Where the registries collide as text, what our merge driver makes of them stands
    /// in their place.
    pub view: View,
    /// Whether they collide.
    pub registries_collide: bool,
    /// The other paths that conflict.
    pub conflicts: BTreeSet<RepoPath>,
}

impl TestMerge {
    /// Merges `head` into `base` as a forge does. Objects are written, for which
    /// [`Repo::writing_aside`] has a place.
    ///
    /// # Errors
    /// Commits that cannot be merged; objects that cannot be read or written.
    pub fn of(repo: &Repo, base: CommitId, head: CommitId) -> Result<Self, StateError> {
        let MergedTree { tree, mut conflicts } = repo.merge_tree(base, head)?;
        let mut tree = repo.tree(tree)?;
        let registries_collide = conflicts.remove(&RepoPath::registry());
        if registries_collide && let Some(merged) = merged_registry(repo, base, head)? {
            let blob = repo.write_blob(merged.format().as_bytes())?;
            tree.insert(RepoPath::registry(), Entry { mode: Mode::Regular, blob });
        }
        let view = View::of(repo, tree, conflicts.clone(), vec![base, head])?;
        Ok(TestMerge { view, registries_collide, conflicts })
    }
}

/// Returns what our merge driver makes of the registries; nothing where it makes nothing of them.
fn merged_registry(
    repo: &Repo,
    base: CommitId,
    head: CommitId,
) -> Result<Option<Registry>, StateError> {
    let Some(ours) = stored(repo, head)? else { return Ok(None) };
    Ok(match look_ahead(repo, &ours.registry, &[head], base)? {
        MergePreview::Merged { merged, .. } => Some(merged),
        MergePreview::NotAdopted | MergePreview::Unmergeable(_) => None,
    })
}

/// The registry of a commit, and what it should be.
#[derive(Debug)]
pub struct Healing {
    /// What is there.
    pub before: Vec<u8>,
    /// What should be.
    pub after: String,
}

/// Returns what heals the registry of a commit; nothing where it needs nothing, or has none that
/// can be read.
///
/// # Errors
/// Objects that cannot be read, a counter that is full.
pub fn healing(repo: &Repo, commit: CommitId) -> Result<Option<Healing>, StateError> {
    let Some(stored) = stored(repo, commit)? else { return Ok(None) };
    let healed = Lineage::of(repo, &[commit]).and_then(|mut lineage| {
        lineage.heal(repo, &|_| {})?;
        Ok(lineage.merged)
    });
    let after = match healed {
        // What cannot be merged with what came before it is for people to put right.
        Err(StateError::Merge(_)) => None,
        healed => healed?.as_ref().map(Registry::format),
    };
    let after = after.filter(|after| after.as_bytes() != stored.bytes);
    Ok(after.map(|after| Healing { before: stored.bytes, after }))
}

fn stored(repo: &Repo, commit: CommitId) -> Result<Option<Stored>, StateError> {
    let entry = repo.tree_entry(repo.commit(commit)?.tree, crate::registry::REGISTRY_PATH)?;
    match entry.map(|entry| read_registry(repo, entry)) {
        None | Some(Err(StateError::Registry(_))) => Ok(None),
        Some(stored) => stored.map(Some),
    }
}
