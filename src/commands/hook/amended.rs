//! post-rewrite after `git commit --amend`: repairs the registry of the amended commit.
//!
//! pre-commit cannot see that a commit is amended, and takes the commit that is replaced for the
//! parent. A file that the replaced commit had moved away, and that is created again beside the moved
//! one, is a new file to it; for the real parent, the path never went away.

use idhooks_core::plan::Edit;
use idhooks_core::registry::{REGISTRY_PATH, RepoPath};
use idhooks_repo::git::{Repo, TreeId};
use idhooks_repo::history::{Consistency, check_consistency, check_consistency_over};

use crate::commands::healing::print_some;
use crate::error::CommandResult;
use crate::output::Ui;

use super::replace::remake_head;

pub(super) fn amended(ui: &mut Ui, repo: &Repo) -> CommandResult<()> {
    let Some(head) = repo.head()? else { return Ok(()) };
    // In a rebase, more commits follow, and git calls this hook again.
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
    let before = remade.state.registry();
    let edits = before.map(|before| Edit::between(before, &remade.plan.registry));
    print_some(ui, &edits.unwrap_or_default());
    Ok(())
}

/// Returns whether a commit of `tree` would be consistent on top of the replaced one: then pre-commit
/// ran. Otherwise it did not run ('--no-verify') or there is more to heal, which the next commit does.
fn is_only_out_of_place(repo: &Repo, tree: TreeId) -> CommandResult<bool> {
    let Some(amended) = repo.resolve("HEAD@{1}")? else { return Ok(false) };
    Ok(check_consistency_over(repo, tree, &[amended])? == Consistency::Consistent)
}

/// Returns whether the index has another registry than `tree`: the user staged it for a later commit.
fn has_staged_registry(repo: &Repo, tree: TreeId) -> CommandResult<bool> {
    let index = repo.index(&repo.index_file())?;
    let staged = index.tree.get(&RepoPath::registry()).map(|entry| entry.blob);
    Ok(staged != repo.tree_entry(tree, REGISTRY_PATH)?.map(|entry| entry.blob))
}
