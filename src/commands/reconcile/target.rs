//! Where `idhooks reconcile --commit` puts the commit that heals the registry: on a branch or into a
//! patch, which must be no one else's.

use idhooks_core::config::HealTarget;
use idhooks_core::registry::RepoPath;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::store::{read_file, replace_file};
use idhooks_repo::transaction::{FollowUp, backup::millis, is_follow_up, is_follow_up_patch};

use crate::error::{CommandError, CommandResult};
use crate::output::shell_quoted;

/// What the reflog of the branch says.
const REASON: &str = "idhooks: reconcile --commit";

/// What putting the commit into its place did.
#[derive(Default)]
pub(super) struct PutOutcome {
    /// Whether it was not there yet.
    pub(super) written: bool,
    /// The ref that keeps what the branch had of others.
    pub(super) backup: Option<String>,
}

/// Checks that the target is no one else's.
pub(super) fn assert_free(
    repo: &Repo,
    follow_up: &FollowUp,
    target: &HealTarget,
    current: &str,
) -> CommandResult<()> {
    match target {
        HealTarget::Nowhere => Ok(()),
        HealTarget::Branch(name) if name == current => Err(CommandError::new(format!(
            "branch '{name}' is checked out"
        ))
        .because(&"the branch that people work on is not changed behind their backs")
        .hint(
            "name another branch in [reconcile] of idhooks.toml: commit = \"branch idhooks/heal\"",
        )
        .hint("or heal this one with a commit: idhooks reconcile && git commit")),
        HealTarget::Branch(name) => assert_branch_free(repo, name),
        HealTarget::Patch(file) => assert_file_free(repo, follow_up, file),
    }
}

/// Checks that a branch is new, or that the commit at its end is one of the reconciler: a branch of someone
/// else is not even moved forward.
fn assert_branch_free(repo: &Repo, name: &str) -> CommandResult<()> {
    let Some(old) = repo.branch(name)? else { return Ok(()) };
    let quoted = shell_quoted(name);
    if let Some(place) = repo.worktree_of_branch(name)? {
        return Err(CommandError::new(format!("branch '{name}' is checked out in '{place}'"))
            .hint("switch to another branch there, or name another one in [reconcile] of idhooks.toml"));
    }
    if is_follow_up(repo, old)? {
        return Ok(());
    }
    let titles = repo.titles(&[old])?;
    let title = titles.first().map(|title| format!(": {} ({})", title.subject, title.author));
    let (short, title) = (old.short(), title.unwrap_or_default());
    Err(CommandError::new(format!("branch '{name}' ends with a commit that idhooks did not make"))
        .because(&format!("{short}{title}"))
        .hint(format!("keep it elsewhere: git branch -m {quoted} <name>; or merge and delete it: git merge {quoted} && git branch -d {quoted}"))
        .hint("or name another branch in [reconcile] of idhooks.toml"))
}

fn assert_file_free(repo: &Repo, follow_up: &FollowUp, file: &RepoPath) -> CommandResult<()> {
    let place = repo.top().join(file.to_os_path());
    repo.link_guard().check(&place)?;
    let refused = |why: &str| {
        CommandError::new(format!("cannot write the patch '{file}'"))
            .because(&why)
            .hint("remove it, or name another file in [reconcile] of idhooks.toml: commit = \"patch <name>.patch\"")
    };
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

/// Puts the commit into its place.
pub(super) fn put(repo: &Repo, target: &HealTarget, commit: CommitId) -> CommandResult<PutOutcome> {
    match target {
        HealTarget::Nowhere => Ok(PutOutcome::default()),
        HealTarget::Branch(name) => {
            let old = repo.branch(name)?;
            if old == Some(commit) {
                return Ok(PutOutcome::default());
            }
            let moved = match old {
                Some(old) if holds_others(repo, name, old, commit)? => {
                    repo.put_branch_keeping(name, commit, old, REASON, millis()).map(Some)
                }
                old => repo.put_branch(name, commit, old, REASON).map(|()| None),
            };
            let backup = moved.map_err(|error| {
                CommandError::new(format!("cannot move branch '{name}' to {}", commit.short()))
                    .because(&error.first_line())
                    .hint("if another run moved it, run this again; if another branch is in the way, name another one in [reconcile] of idhooks.toml")
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

/// Returns whether moving a branch from `old` to `new` would leave a commit of someone behind that no
/// other ref has.
fn holds_others(repo: &Repo, name: &str, old: CommitId, new: CommitId) -> CommandResult<bool> {
    for id in repo.only_on_branch(name, old, new)? {
        if !is_follow_up(repo, id)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns whether the branch ends with a commit of the reconciler that nothing needs any more: it heals
/// a commit before `tip`, which needs no healing.
pub(super) fn is_left_over(repo: &Repo, target: &HealTarget, tip: CommitId) -> CommandResult<bool> {
    let HealTarget::Branch(name) = target else { return Ok(false) };
    let Some(old) = repo.branch(name)? else { return Ok(false) };
    let healed = repo.commit(old)?.parents.first().copied();
    match healed {
        Some(healed) => Ok(is_follow_up(repo, old)? && repo.is_in_history(healed, tip)?),
        None => Ok(false),
    }
}
