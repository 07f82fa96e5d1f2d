//! post-rewrite: rewrites inconsistent commits of a rebase, and an amended commit.
//!
//! A rebase calls no hook that could update the registry in its commits. The merge driver gets nearly
//! all of them right, but it does not see directory renames or conflicts that were resolved by hand.

use std::collections::BTreeSet;

use idhooks_core::plan::Edit;
use idhooks_repo::git::{Commit, CommitId, Rebase, Repo};
use idhooks_repo::transaction::{
    Pick, RebuildError, Rebuilt, inconsistent_commits, rebuild, rewrite_commit,
};

use crate::commands::healing::{print_some, while_healing};
use crate::error::CommandResult;
use crate::output::Ui;

use super::amended::amended;
use super::replace::replace_head;

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
    let store = |commit: &Commit, tree, parents: &[CommitId]| {
        commit.store_again(&repo.git(), tree, parents)
    };
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
    let count = rebuilt.replaced.len();
    let commits = if count == 1 { "commit" } else { "commits" };
    ui.status(&format!("idhooks: repaired the registry in {count} rebased {commits}:"));
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
    let commit = repo.commit(head)?;
    let picks = picks(rebase, |_| true);
    let remade = while_healing(|progress| {
        rewrite_commit(repo, commit.tree, commit.author_time, &[head], &picks, progress)
    })?;
    let Some(remade) = remade.filter(|remade| remade.tree != commit.tree) else { return Ok(()) };
    let after = &remade.plan.registry;
    let new = repo.store_follow_up(head, remade.tree, REASON)?;
    replace_head(ui, repo, [head, new], remade.lineage.merged.as_ref(), after, REASON)?;
    ui.status("idhooks: some rebased commits are inconsistent; added a commit that heals them");
    ui.status(&format!("idhooks: they were not rewritten: {why}"));
    let before = remade.state.registry();
    let edits = before.map(|before| Edit::between(before, after)).unwrap_or_default();
    print_some(ui, &edits);
    Ok(())
}
