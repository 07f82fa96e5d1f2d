//! `idhooks check --against`: whether merging with other branches would change identities.

use crate::check::{Finding, collisions, unmergeable};
use crate::error::CommandError;
use crate::git::{CommitId, Repo};
use crate::history::{MergePreview, preview_merge};
use crate::output::Ui;
use crate::transaction::View;

/// A branch as it was named, and where it is.
pub(super) struct Branch {
    name: String,
    commit: CommitId,
}

/// Finds the branches.
///
/// # Errors
/// A name that names no commit, with what to do.
pub(super) fn find(repo: &Repo, names: &[String]) -> Result<Vec<Branch>, CommandError> {
    let find = |name: &String| match repo.resolve(name)? {
        Some(commit) => Ok(Branch { name: name.clone(), commit }),
        None => Err(CommandError::new(format!("cannot find a branch '{name}'"))
            .hint("list the branches: git branch --all; to get new ones, first run: git fetch")),
    };
    names.iter().map(find).collect()
}

/// Returns what merging each of the branches alone would change; nothing where there is no
/// registry to merge with. `over` are the commits that what is looked at comes from.
pub(super) fn look(
    ui: &mut Ui,
    repo: &Repo,
    view: &View,
    over: &[CommitId],
    branches: &[Branch],
) -> Result<Vec<Finding>, CommandError> {
    let mut findings = Vec::new();
    let Some(stored) = view.stored() else { return Ok(findings) };
    for Branch { name, commit } in branches {
        match preview_merge(repo, &stored.registry, over, *commit)? {
            MergePreview::NotAdopted => {
                ui.status(&format!("'{name}' has no registry to merge with"))
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
