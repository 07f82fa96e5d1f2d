//! post-merge: a clean merge commit that is not true is replaced.
//!
//! git calls no hook whose edits would land in a clean merge commit, and the merge driver
//! cannot know what the resulting tree looks like (directory renames, for example).

use std::collections::BTreeSet;

use crate::error::CommandError;
use crate::git::{Commit, CommitId, Repo};
use crate::output::Ui;
use crate::plan::{Edit, Given, Plan};
use crate::registry::{REGISTRY_PATH, Registry};
use crate::walk::{
    Judgement, Lineage, Request, Snapshot, Target, WalkError, append_given, judge, prepare,
    read_policy, write_registry,
};

pub(super) fn run(ui: &mut Ui, repo: &Repo, squash: &str) -> Result<(), CommandError> {
    if squash == "1" {
        return Ok(());
    }
    let Some(head) = repo.head()? else { return Ok(()) };
    let commit = repo.commit(head)?;
    // After a fast-forward there is nothing that this merge made.
    let merged: BTreeSet<CommitId> = repo.merge_heads()?.into_iter().collect();
    let others: BTreeSet<CommitId> = commit.parents.iter().skip(1).copied().collect();
    if merged.is_empty() || merged != others {
        return Ok(());
    }
    let is_true =
        |id: CommitId| Ok::<bool, WalkError>(!matches!(judge(repo, id)?, Judgement::Untrue(_)));
    let mut all_true = is_true(head)?;
    for parent in commit.parents.iter().filter(|id| repo.has_commit(**id)) {
        // What an untrue parent lost, the merge commit does not know of.
        all_true &= is_true(*parent)?;
    }
    if all_true {
        return announce(ui, repo, &commit);
    }
    let Some((plan, lineage)) = plan(repo, &commit)? else { return Ok(()) };
    let after = &plan.registry;
    let blob = repo.write_blob(after.format().as_bytes())?;
    let tree = repo.tree_with(commit.tree, REGISTRY_PATH, blob)?;
    if tree == commit.tree {
        return Ok(());
    }
    let fixed = replacement(ui, repo, head, &commit, tree)?;
    // What can fail, such as a locked index, comes before HEAD moves.
    let before = follow(ui, repo, after)?;
    if let Err(error) = repo.move_head(fixed, head, "idhooks: registry of the merge") {
        if let Some(before) = before {
            follow(ui, repo, &before)?;
        }
        return Err(error.into());
    }
    if let Some(problem) = append_given(repo, lineage.merged.as_ref(), after) {
        ui.warning(&problem);
    }
    let base = lineage.merged.as_ref().unwrap_or(after);
    ui.status("idhooks: the registry of the merge commit was completed");
    super::tell_healing(ui, &lineage);
    let renumbered = Edit::renumbered(&lineage.with_registry(), after);
    for edit in renumbered.into_iter().chain(Edit::between(base, after)) {
        ui.status(&format!("idhooks: {edit}"));
    }
    Ok(())
}

/// Says which files the merge gave another identity, since both branches had chosen theirs.
fn announce(ui: &mut Ui, repo: &Repo, commit: &Commit) -> Result<(), CommandError> {
    let lineage = Lineage::of(repo, &commit.parents)?;
    let snapshot = Snapshot::of_tree(repo, commit.tree)?;
    if let Some(registry) = snapshot.registry() {
        for edit in Edit::renumbered(&lineage.with_registry(), registry) {
            ui.status(&format!("idhooks: {edit}"));
        }
    }
    Ok(())
}

/// Plans the merge commit as if it were to be made now.
fn plan(repo: &Repo, commit: &Commit) -> Result<Option<(Plan, Lineage)>, WalkError> {
    let snapshot = Snapshot::of_tree(repo, commit.tree)?;
    let Some(stored) = snapshot.stored.as_deref() else { return Ok(None) };
    let policy = read_policy(repo, &snapshot.tree)?;
    let mut lineage = Lineage::of(repo, &commit.parents)?;
    lineage.heal(repo)?;
    let request = Request {
        policy: &policy,
        scope: stored.registry.scope,
        snapshot: &snapshot,
        lineage: &lineage,
        given: &Given::default(),
        offered: &[],
        now: Some(commit.author_time),
        allocate: true,
        in_hook: false,
        progress: &|| {},
    };
    let plan = prepare(repo, &request)?;
    Ok(Some((plan, lineage)))
}

/// Stores the commit that takes the merge commit's place: the same parents, author, dates and
/// message, signed again if it was signed. Where that signature cannot be made without asking
/// somebody, a commit that follows it.
fn replacement(
    ui: &mut Ui,
    repo: &Repo,
    head: CommitId,
    commit: &Commit,
    tree: crate::git::TreeId,
) -> Result<CommitId, CommandError> {
    if !commit.is_signed() {
        return Ok(commit.store_with_tree(&repo.git(), tree)?);
    }
    match commit.store_signed(&repo.git(), tree) {
        Ok(signed) => Ok(signed),
        Err(error) => {
            ui.warning(&format!("idhooks: the merge commit could not be signed again ({error}); a commit was added after it"));
            Ok(repo.store_follow_up(head, tree, "idhooks: registry of the merge")?)
        }
    }
}

/// Brings the index and the working file to the registry of the new HEAD; returns the one that
/// was there.
fn follow(ui: &mut Ui, repo: &Repo, after: &Registry) -> Result<Option<Registry>, CommandError> {
    let file = repo.index_file();
    let index = repo.index(&file)?;
    let snapshot = Snapshot::of_index(repo, &index, None)?;
    let target = Target { file: &file, index: &index, stored: snapshot.stored.as_deref() };
    for warning in write_registry(repo, &target, after)?.warnings {
        ui.warning(&warning);
    }
    Ok(snapshot.registry().cloned())
}
