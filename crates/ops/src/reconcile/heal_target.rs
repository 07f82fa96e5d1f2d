//! Where `idhooks reconcile --commit` puts the commit that heals the registry: on a branch or in a
//! patch file. Neither may belong to anyone else.

use idhooks_core::config::HealTarget;
use idhooks_core::registry::RepoPath;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::store::{read_file, replace_file};
use idhooks_repo::transaction::{HealingCommit, backup::millis, is_follow_up, is_follow_up_patch};

use super::refusal::HealRefusal;
use crate::OpsError;

/// The message for the branch's reflog.
const REASON: &str = "idhooks: reconcile --commit";

/// The result of putting the commit in place.
#[derive(Default)]
pub(super) struct PutOutcome {
    /// Whether this run, rather than an earlier one, put the commit in place.
    pub(super) written: bool,
    /// The ref that keeps other people's commits that were on the branch.
    pub(super) backup: Option<String>,
}

/// Checks that the target does not belong to anyone else.
pub(super) fn assert_free(
    repo: &Repo,
    follow_up: &HealingCommit,
    target: &HealTarget,
    current: &str,
) -> Result<(), OpsError> {
    match target {
        HealTarget::Nowhere => Ok(()),
        // A branch that people work on is not changed behind their backs.
        HealTarget::Branch(name) if name == current => {
            Err(HealRefusal::CheckedOut(name.clone()).into())
        }
        HealTarget::Branch(name) => assert_branch_free(repo, name),
        HealTarget::Patch(file) => assert_file_free(repo, follow_up, file),
    }
}

/// Checks that a branch is either new or ends with a commit made by the reconciler. Anyone else's
/// branch is left alone, even if it could be fast-forwarded.
fn assert_branch_free(repo: &Repo, name: &str) -> Result<(), OpsError> {
    let Some(old) = repo.branch(name)? else { return Ok(()) };
    let branch = name.to_owned();
    if let Some(place) = repo.worktree_of_branch(name)? {
        return Err(HealRefusal::CheckedOutElsewhere { branch, place }.into());
    }
    if is_follow_up(repo, old)? {
        return Ok(());
    }
    // The message names the commit so that its author can be asked.
    let titles = repo.titles(&[old])?;
    let title = titles.first().map(|title| format!(": {} ({})", title.subject, title.author));
    let commit = format!("{}{}", old.short(), title.unwrap_or_default());
    Err(HealRefusal::ForeignTip { branch, commit }.into())
}

fn assert_file_free(
    repo: &Repo,
    follow_up: &HealingCommit,
    file: &RepoPath,
) -> Result<(), OpsError> {
    let place = repo.top().join(file.to_os_path());
    repo.link_guard().check(&place)?;
    let refused =
        |reason| OpsError::from(HealRefusal::PatchNotWritten { file: file.clone(), reason });
    // Writing the patch would modify a tracked file.
    if follow_up.state.has_file(file) {
        return Err(refused("git tracks a file there"));
    }
    if place.is_dir() {
        return Err(refused("a directory is there"));
    }
    match read_file(&place)? {
        Some(text) if !is_follow_up_patch(&text) => {
            Err(refused("a file is there that idhooks did not write"))
        }
        _ => Ok(()),
    }
}

/// Puts the commit in place.
pub(super) fn put(
    repo: &Repo,
    target: &HealTarget,
    commit: CommitId,
) -> Result<PutOutcome, OpsError> {
    match target {
        HealTarget::Nowhere => Ok(PutOutcome::default()),
        HealTarget::Branch(name) => {
            let old = repo.branch(name)?;
            // An unchanged branch needs no entry in the reflog.
            if old == Some(commit) {
                return Ok(PutOutcome::default());
            }
            let moved = match old {
                Some(old) if holds_others(repo, name, old, commit)? => {
                    repo.put_branch_keeping(name, commit, old, REASON, millis()).map(Some)
                }
                old => repo.put_branch(name, commit, old, REASON).map(|()| None),
            };
            let backup = moved.map_err(|error| HealRefusal::BranchNotMoved {
                branch: name.clone(),
                commit,
                reason: error.first_line().to_owned(),
            })?;
            Ok(PutOutcome { written: true, backup })
        }
        HealTarget::Patch(file) => {
            let (place, patch) = (repo.top().join(file.to_os_path()), repo.patch_of(commit)?);
            if read_file(&place)?.as_ref() == Some(&patch) {
                return Ok(PutOutcome::default());
            }
            replace_file(&repo.link_guard(), &place, &patch)?;
            Ok(PutOutcome { written: true, backup: None })
        }
    }
}

/// Returns whether moving a branch from `old` to `new` would abandon someone else's commit that is
/// not reachable from any other ref.
fn holds_others(repo: &Repo, name: &str, old: CommitId, new: CommitId) -> Result<bool, OpsError> {
    for id in repo.only_on_branch(name, old, new)? {
        if !is_follow_up(repo, id)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns whether the branch ends with a commit by the reconciler that is no longer needed: it
/// heals a commit before `tip`, and `tip` itself needs no healing.
pub(super) fn is_left_over(
    repo: &Repo,
    target: &HealTarget,
    tip: CommitId,
) -> Result<bool, OpsError> {
    let HealTarget::Branch(name) = target else { return Ok(false) };
    let Some(old) = repo.branch(name)? else { return Ok(false) };
    let healed = repo.commit(old)?.parents.first().copied();
    match healed {
        Some(healed) => Ok(is_follow_up(repo, old)? && repo.is_in_history(healed, tip)?),
        None => Ok(false),
    }
}
