//! What the registry of an untrue commit should have been.
//!
//! Commits made without hooks, or by git commands that call none, are followed one by one from
//! the newest true ones, so that a file renamed twice while nobody looked keeps its identity.
//! A function of history alone: two people who heal the same commits agree.

use std::collections::BTreeMap;

use crate::check::Parent;
use crate::git::{Commit, CommitId, Repo};
use crate::merge::merge;
use crate::plan::{Given, Recent, Situation, plan};
use crate::registry::{Registry, Timestamp};

use super::{Judgement, Lineage, Snapshot, WalkError, judge, merge_all, read_policy};

/// Returns what the registries of `commits` should be, as far as they are not true; those that
/// are true, or from before adoption, are left out.
///
/// # Errors
/// Objects that cannot be read, registries that cannot be merged, a counter that is full.
pub fn heal(repo: &Repo, commits: &[CommitId]) -> Result<BTreeMap<CommitId, Registry>, WalkError> {
    let mut healed = BTreeMap::new();
    for (id, commit) in untrue(repo, commits)? {
        if let Some(registry) = heal_one(repo, id, &commit, &healed)? {
            healed.insert(id, registry);
        }
    }
    healed.retain(|id, _| commits.contains(id));
    Ok(healed)
}

/// Returns the untrue commits that lead to `commits` from true ones, ancestors first.
fn untrue(repo: &Repo, commits: &[CommitId]) -> Result<Vec<(CommitId, Commit)>, WalkError> {
    let mut found: BTreeMap<CommitId, Commit> = BTreeMap::new();
    let mut queue: Vec<CommitId> = commits.to_vec();
    while let Some(id) = queue.pop() {
        if found.contains_key(&id) || !repo.has_commit(id) {
            continue;
        }
        if matches!(judge(repo, id)?, Judgement::Untrue(_)) {
            let commit = repo.commit(id)?;
            queue.extend(&commit.parents);
            found.insert(id, commit);
        }
    }
    Ok(ancestors_first(found))
}

fn ancestors_first(mut open: BTreeMap<CommitId, Commit>) -> Vec<(CommitId, Commit)> {
    let mut ordered = Vec::new();
    while !open.is_empty() {
        let ready = |commit: &Commit| !commit.parents.iter().any(|p| open.contains_key(p));
        let next: Vec<CommitId> =
            open.iter().filter(|(_, commit)| ready(commit)).map(|(id, _)| *id).collect();
        for id in next {
            if let Some(commit) = open.remove(&id) {
                ordered.push((id, commit));
            }
        }
    }
    ordered
}

fn heal_one(
    repo: &Repo,
    id: CommitId,
    commit: &Commit,
    healed: &BTreeMap<CommitId, Registry>,
) -> Result<Option<Registry>, WalkError> {
    let Snapshot { tree, stored: own } = Snapshot::of_witness(repo, id)?;
    let lineage = Lineage::of(repo, &commit.parents)?;
    let merged = merge_all(repo, &lineage.commits, healed)?;
    let (Some(merged), Some(own)) = (merged.as_ref(), own.as_deref()) else {
        let only = merged.or_else(|| own.map(|own| own.registry.clone()));
        return Ok(only);
    };
    let before = lineage.merged.as_ref().unwrap_or(merged);
    let base = merge(before, merged, &own.registry)?;
    let registries = lineage.commits.iter().zip(&lineage.parents).filter_map(|(id, parent)| {
        let registry = healed.get(id).or_else(|| parent.registry())?;
        Some(Parent { registry, tree: &parent.tree })
    });
    let parents: Vec<Parent<'_>> = registries.collect();
    let policy = read_policy(repo, &tree).unwrap_or_default();
    let date = Timestamp::from_unix(commit.author_time).unwrap_or(Timestamp::EPOCH);
    let plan = plan(&Situation {
        policy: &policy,
        scope: merged.scope,
        index: &tree,
        parents: &parents,
        merged: Some(merged),
        base: Some(&base),
        staged: None,
        sources: &[],
        reverting: false,
        recent: &Recent::default,
        blobs: repo,
        given: &Given::default(),
        remembered: None,
        now: date,
        allocate: true,
        progress: &|| {},
    })?;
    Ok(Some(plan.registry))
}
