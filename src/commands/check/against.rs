//! `idhooks check --against`: reports identities that a merge with other branches would change.

use idhooks_core::check::{Finding, collisions, unmergeable};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::{MergePreview, preview_merge};
use idhooks_repo::state::CommitState;

use crate::error::{CommandError, CommandResult};
use crate::output::Ui;

/// A branch: the name that the user typed, and its commit.
pub(super) struct Branch {
    name: String,
    commit: CommitId,
}

/// Finds the commits of branches.
///
/// # Errors
/// Returns an error with a hint if a name is not a commit.
pub(super) fn find(repo: &Repo, names: &[String]) -> CommandResult<Vec<Branch>> {
    let find = |name: &String| match repo.resolve(name)? {
        Some(commit) => Ok(Branch { name: name.clone(), commit }),
        None => Err(CommandError::new(format!("cannot find a branch '{name}'"))
            .hint("list the branches: git branch --all; to get new ones, first run: git fetch")),
    };
    names.iter().map(find).collect()
}

/// Returns what a merge with each of the branches alone would change; nothing if one has no registry.
/// `over` are the commits that the checked view is based on.
pub(super) fn check(
    ui: &mut Ui,
    repo: &Repo,
    view: &CommitState,
    over: &[CommitId],
    branches: &[Branch],
) -> CommandResult<Vec<Finding>> {
    let mut findings = Vec::new();
    let Some(stored) = view.stored() else { return Ok(findings) };
    for Branch { name, commit } in branches {
        match preview_merge(repo, &stored.registry, over, *commit)? {
            MergePreview::NotAdopted => {
                ui.status(&format!("'{name}' has no registry to merge with"));
            }
            MergePreview::Unmergeable(error) => findings.push(unmergeable(name, &error)),
            MergePreview::Merged { theirs, merged, is_related } => {
                if !is_related {
                    ui.warning(&format!("'{name}' has no commit in common with what is checked"));
                }
                findings.extend(collisions(name, &stored.registry, &theirs, &merged));
            }
        }
    }
    Ok(findings)
}
