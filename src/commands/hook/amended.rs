//! post-rewrite after `git commit --amend`: the registry of a commit in the place of another.
//!
//! pre-commit cannot see that a commit is amended, and takes the commit that goes for its parent.
//! A file that the amended commit had moved away, and that is made anew beside the moved one,
//! is a new file there; to the parent that stays, its path never went away.

use crate::commands::healing::tell_some;
use crate::error::CommandError;
use crate::git::{Repo, TreeId};
use crate::history::{Consistency, check_consistency, check_consistency_over};
use crate::output::Ui;
use crate::plan::Edit;
use crate::registry::{REGISTRY_PATH, RepoPath};

use super::remake_head;

pub(super) fn amended(ui: &mut Ui, repo: &Repo) -> Result<(), CommandError> {
    let Some(head) = repo.head()? else { return Ok(()) };
    // In a rebase more commits are to come, and another call of this hook.
    if repo.rebase()?.is_some()
        || !matches!(check_consistency(repo, head)?, Consistency::Inconsistent(_))
    {
        return Ok(());
    }
    let tree = repo.commit(head)?.tree;
    if !is_only_out_of_place(repo, tree)? || has_staged_registry(repo, tree)? {
        return Ok(());
    }
    let Some(remade) = remake_head(ui, repo, head, "amendment")? else { return Ok(()) };
    ui.status("idhooks: repaired the registry of the amended commit:");
    let before = remade.snapshot.registry();
    let edits = before.map(|before| Edit::between(before, &remade.plan.registry));
    tell_some(ui, &edits.unwrap_or_default());
    Ok(())
}

/// Returns whether a commit of `tree` would be true on top of the amended one, so that pre-commit
/// did its part. Otherwise it had no say ('--no-verify') or more than this to heal, which is the
/// next commit's affair.
fn is_only_out_of_place(repo: &Repo, tree: TreeId) -> Result<bool, CommandError> {
    let Some(amended) = repo.resolve("HEAD@{1}")? else { return Ok(false) };
    Ok(check_consistency_over(repo, tree, &[amended])? == Consistency::Consistent)
}

/// Returns whether the registry of the index is not that of `tree`: somebody staged it for a
/// later commit.
fn has_staged_registry(repo: &Repo, tree: TreeId) -> Result<bool, CommandError> {
    let index = repo.index(&repo.index_file())?;
    let staged = index.tree.get(&RepoPath::registry()).map(|entry| entry.blob);
    Ok(staged != repo.tree_entry(tree, REGISTRY_PATH)?.map(|entry| entry.blob))
}
