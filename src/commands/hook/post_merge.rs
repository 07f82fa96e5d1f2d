//! post-merge: a clean merge commit that is not true is replaced.
//!
//! git calls no hook whose edits would land in a clean merge commit, and the merge driver
//! cannot know what the resulting tree looks like (directory renames, for example).

use std::collections::BTreeSet;

use crate::commands::healing::tell_healing;
use crate::error::CommandError;
use crate::git::{Commit, CommitId, Repo};
use crate::output::Ui;
use crate::plan::Edit;
use crate::walk::{Lineage, Snapshot, has_registry, is_true_with_parents};

use super::remake_head;

pub(super) fn run(ui: &mut Ui, repo: &Repo, squash: &str) -> Result<(), CommandError> {
    if squash == "1" {
        return Ok(());
    }
    let Some(head) = repo.head()? else { return Ok(()) };
    let commit = repo.commit(head)?;
    // After a fast-forward there is nothing that this merge made.
    let merged: BTreeSet<CommitId> = repo.merge_heads()?.into_iter().collect();
    let Some((ours, others)) = commit.parents.split_first() else { return Ok(()) };
    let others: BTreeSet<CommitId> = others.iter().copied().collect();
    if merged.is_empty() || merged != others {
        return Ok(());
    }
    if has_registry(repo, *ours)? && !has_registry(repo, head)? {
        ui.status("idhooks: the merged branch has given idhooks up, and so has this one now: the registry is gone");
        ui.status("idhooks: to keep it instead: git reset --merge ORIG_HEAD");
        return Ok(());
    }
    if is_true_with_parents(repo, head, &|_| false)? {
        return announce(ui, repo, &commit);
    }
    let Some(remade) = remake_head(ui, repo, head, "merge")? else { return Ok(()) };
    let (lineage, after) = (&remade.lineage, &remade.plan.registry);
    let base = lineage.merged.as_ref().unwrap_or(after);
    ui.status("idhooks: the registry of the merge commit was completed");
    tell_healing(ui, lineage);
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
