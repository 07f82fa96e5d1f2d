//! post-rewrite: rewrites inconsistent commits of a rebase, and an amended commit.
//!
//! A rebase calls no hook that could update the registry in its commits. The merge driver gets nearly
//! all of them right, but it does not see directory renames or conflicts that were resolved by hand.

use std::collections::BTreeSet;

use idhooks_core::registry::{REGISTRY_PATH, RepoPath};
use idhooks_repo::git::{Commit, CommitId, Rebase, Repo, TreeId};
use idhooks_repo::history::{Consistency, check_consistency, check_consistency_over};
use idhooks_repo::transaction::{Pick, RebuildError, Rebuilt, inconsistent_commits, rebuild};

use crate::commands::healing::{print_some, while_healing};
use crate::error::CommandResult;
use crate::output::{Ui, count};

use super::replace::{add_commit, print_changes, remade, remake_head, replace_head};

const REASON: &str = "idhooks: registry of the rebase";

pub(super) fn run(ui: &mut Ui, repo: &Repo, command: &str) -> CommandResult<()> {
    match command {
        "rebase" => rebased(ui, repo),
        "amend" => amended(ui, repo),
        _ => Ok(()),
    }
}

fn rebased(ui: &mut Ui, repo: &Repo) -> CommandResult<()> {
    let (Some(rebase), Some(head)) = (repo.rebase()?, repo.head()?) else { return Ok(()) };
    let made = repo.commits_since(head, &[rebase.onto, rebase.old_head])?;
    let inconsistent = inconsistent_commits(repo, &made)?;
    if inconsistent.is_empty() {
        return Ok(());
    }
    let picked = |id| picks(&rebase, |new| new == id);
    let git = repo.git();
    let store = |commit: &Commit, tree, parents: &[_]| commit.store_again(&git, tree, parents);
    let why = match why_not(repo, head, &rebase, &inconsistent)? {
        Some(why) => why,
        None => match while_healing(|p| rebuild(repo, &made, &inconsistent, &picked, &store, p)) {
            Ok(rebuilt) => return put_in_place(ui, repo, head, &rebuilt),
            Err(RebuildError::State(error)) => return Err(error.into()),
            Err(RebuildError::Unsigned(_, error)) => {
                format!("one of them could not be signed again: {error}")
            }
        },
    };
    follow_up(ui, repo, head, &rebase, &why)
}

/// Returns why the commits cannot be rewritten, if so.
fn why_not(
    repo: &Repo,
    head: CommitId,
    rebase: &Rebase,
    inconsistent: &BTreeSet<CommitId>,
) -> CommandResult<Option<String>> {
    if !rebase.other_branches.is_empty() {
        // git moves them to the commits that it made, after this hook.
        let names = rebase.other_branches.join(", ");
        return Ok(Some(format!("git moves other branches to them, too: {names}")));
    }
    let ours: BTreeSet<CommitId> = repo.commits_of_only(head, rebase)?.into_iter().collect();
    let shared = !inconsistent.is_subset(&ours);
    Ok(shared.then(|| "other branches or tags already contain them".to_owned()))
}

/// Returns the original commits of the rewritten ones that `is_meant` selects.
fn picks(rebase: &Rebase, is_meant: impl Fn(CommitId) -> bool) -> Vec<Pick> {
    let meant = rebase.rewritten.iter().filter(|(_, new)| is_meant(*new));
    meant.map(|(old, _)| Pick { commit: *old, reverting: false }).collect()
}

fn put_in_place(ui: &mut Ui, repo: &Repo, head: CommitId, rebuilt: &Rebuilt) -> CommandResult<()> {
    let Some((_, tip)) = rebuilt.replaced.last() else { return Ok(()) };
    match &rebuilt.registry {
        Some(registry) => {
            replace_head(ui, repo, [head, *tip], rebuilt.before.as_ref(), registry, REASON)?;
        }
        None => repo.move_head(*tip, head, REASON)?,
    }
    if let Err(error) = repo.copy_notes("rebase", &rebuilt.replaced) {
        ui.warning(&format!("idhooks: the notes of the rebased commits were not copied: {error}"));
    }
    let commits = count(rebuilt.replaced.len(), "rebased commit", "rebased commits");
    ui.status(&format!("idhooks: repaired the registry in {commits}:"));
    print_some(ui, &rebuilt.edits);
    Ok(())
}

/// Adds one commit after the others that heals the registry.
fn follow_up(
    ui: &mut Ui,
    repo: &Repo,
    head: CommitId,
    rebase: &Rebase,
    why: &str,
) -> CommandResult<()> {
    let (commit, picks) = (repo.commit(head)?, picks(rebase, |_| true));
    let Some(remade) = remade(repo, &commit, &[head], &picks)? else { return Ok(()) };
    add_commit(ui, repo, head, &remade, REASON)?;
    ui.status("idhooks: some rebased commits are inconsistent; added a commit that heals them");
    ui.status(&format!("idhooks: they were not rewritten: {why}"));
    print_changes(ui, &remade);
    Ok(())
}

/// Repairs the registry of an amended commit.
///
/// pre-commit cannot see that a commit is amended, and takes the commit that is replaced for the
/// parent. A file that the replaced commit had moved away, and that is created again beside the moved
/// one, is a new file to it; for the real parent, the path never went away.
fn amended(ui: &mut Ui, repo: &Repo) -> CommandResult<()> {
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
    print_changes(ui, &remade);
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
