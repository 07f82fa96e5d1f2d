//! post-merge: replaces a clean merge commit with an inconsistent registry.
//!
//! git calls no hook that could change a clean merge commit, and the merge driver does not see the
//! resulting tree (with directory renames, for example).

use std::collections::BTreeSet;

use idhooks_core::check::Parent;
use idhooks_core::plan::Edit;
use idhooks_core::registry::{Registry, Tree};
use idhooks_repo::git::{Commit, CommitId, Repo};
use idhooks_repo::history::{CommitReader, Lineage, is_consistent_with_parents, registry_blob};
use idhooks_repo::state::{CommitState, has_registry};

use crate::commands::healing::{print_all, report_healing};
use crate::error::CommandResult;
use crate::output::Ui;

use super::replace::remake_head;

pub(super) fn run(ui: &mut Ui, repo: &Repo, squash: &str) -> CommandResult<()> {
    if squash == "1" {
        return Ok(());
    }
    let Some(head) = repo.head()? else { return Ok(()) };
    let commit = repo.commit(head)?;
    // A fast-forward made no commit.
    let merged: BTreeSet<CommitId> = repo.merge_heads()?.into_iter().collect();
    let Some((ours, others)) = commit.parents.split_first() else { return Ok(()) };
    let others: BTreeSet<CommitId> = others.iter().copied().collect();
    if merged.is_empty() || merged != others {
        return Ok(());
    }
    if has_registry(repo, *ours)? && !has_registry(repo, head)? {
        ui.status("idhooks: the merged branch removed idhooks, and now this branch has no registry either");
        ui.status("idhooks: to keep it instead: git reset --merge ORIG_HEAD");
        return Ok(());
    }
    if is_consistent_with_parents(repo, head, &|_| false)? {
        return announce(ui, repo, &commit);
    }
    let Some(remade) = remake_head(ui, repo, head, "merge")? else { return Ok(()) };
    let (lineage, after) = (&remade.lineage, &remade.plan.registry);
    let base = lineage.merged.as_ref().unwrap_or(after);
    ui.status("idhooks: the registry of the merge commit was completed");
    report_healing(ui, lineage);
    let renumbered = Edit::renumbered(&lineage.with_registry(), after);
    print_all(ui, renumbered.into_iter().chain(Edit::between(base, after)));
    Ok(())
}

/// Reports the files that got another identity because both branches had allocated the same one.
fn announce(ui: &mut Ui, repo: &Repo, commit: &Commit) -> CommandResult<()> {
    let edits = match renumbered_records(repo, commit)? {
        Some(edits) => edits,
        None => {
            let lineage = Lineage::of(repo, &commit.parents)?;
            let state = CommitState::of_tree(repo, commit.tree)?.readable()?;
            let after = state.registry();
            after.map_or_else(Vec::new, |after| Edit::renumbered(&lineage.with_registry(), after))
        }
    };
    print_all(ui, edits);
    Ok(())
}

/// Returns the renumbered records by reading only those that differ; nothing if that is impossible.
fn renumbered_records(repo: &Repo, commit: &Commit) -> CommandResult<Option<Vec<Edit>>> {
    let Some(new) = registry_blob(repo, commit.tree)? else { return Ok(None) };
    let (mut reader, mut before) = (CommitReader::new(repo), Vec::new());
    let mut after: Option<Registry> = None;
    for parent in &commit.parents {
        if !repo.has_commit(*parent) {
            return Ok(None);
        }
        let Some(old) = registry_blob(repo, repo.commit(*parent)?.tree)? else { return Ok(None) };
        let Some([old, new]) = reader.differing_records(old, new)? else { return Ok(None) };
        before.push(old);
        match &mut after {
            None => after = Some(new),
            Some(after) => after.allocations.extend(new.allocations),
        }
    }
    let tree = &Tree::new();
    let parents: Vec<_> = before.iter().map(|registry| Parent { registry, tree }).collect();
    Ok(after.map(|after| Edit::renumbered(&parents, &after)))
}
