//! The hourly job of a service clone: brings the clone up to date with a remote, heals the branch that is
//! checked out, and pushes the commit that heals it, as `[reconcile]` says.

use std::path::Path;

use idhooks_core::config::{HealPush, HealTarget, ReconcileRules, RemoteName};
use idhooks_ops::{Reach, RuledState, writer_lock};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::transaction::is_follow_up;

use crate::error::{CommandError, CommandResult};
use crate::output::Ui;

use super::service::{ServiceRun, assert_unused};

/// How often the branch is fetched and healed again if someone else pushed meanwhile.
const RETRIES: usize = 3;

/// Heals the branch that is checked out in the clone at `top`, between a fetch and a push where the rules
/// have them.
///
/// # Errors
/// Returns an error if the clone cannot be brought up to date or healed, or if the commit cannot be pushed.
pub(in crate::commands) fn heal_with_remote(ui: &mut Ui, top: &Path) -> CommandResult<ServiceRun> {
    let mut retries = 0;
    loop {
        let repo = Repo::open(top)?.synced();
        repo.begin("reconcile");
        let fetched = catch_up(ui, &repo)?;
        // Opened again, since the working tree may be that of another commit.
        let repo = Repo::open(top)?.synced();
        let mut run = ServiceRun::of(ui, &repo, None, HealTarget::Nowhere, false)?;
        let rules = run.follow_up.config.reconcile.clone();
        let (Some(fetched), Some(commit)) = (fetched, run.commit) else { return Ok(run) };
        let Some(push) = PlannedPush::of(&repo, &rules, fetched, commit)? else { return Ok(run) };
        match push.carry_out(&repo)? {
            PushOutcome::Pushed => {
                run.pushed = Some(format!("branch '{}' of '{}'", push.branch, push.remote));
                return Ok(run);
            }
            PushOutcome::Overtaken if retries < RETRIES => {
                retries += 1;
                ui.status(&format!(
                    "someone else pushed to branch '{}' meanwhile: fetching and healing it again",
                    push.branch
                ));
            }
            PushOutcome::Overtaken => return Err(push.overtaken()),
        }
    }
}

/// The commit that a clone has fetched of a remote, and the name of the branch.
struct Fetched {
    branch: String,
    tip: CommitId,
}

/// Moves the branch that is checked out to its last commit in the remote; returns that, if the rules name
/// a remote.
fn catch_up(ui: &mut Ui, repo: &Repo) -> CommandResult<Option<Fetched>> {
    let (branch, tip) = assert_unused(repo)?;
    let rules = RuledState::read_commit(repo, tip)?.config.reconcile;
    let Some(remote) = rules.remote.as_ref().map(RemoteName::as_str) else { return Ok(None) };
    if !repo.has_remote(remote) {
        return Err(CommandError::new(format!("this clone has no remote '{remote}'"))
            .because(&"[reconcile] of idhooks.toml names it")
            .hint(format!("add it: git remote add {remote} <url>; or correct 'remote' there")));
    }
    let _lock = writer_lock(repo, "reconcile", Reach::Everything)?;
    let known = repo.remote_branch(remote, &branch)?;
    let there = repo.fetch_branch(remote, &branch).map_err(|error| {
        CommandError::new(format!("cannot fetch branch '{branch}' of '{remote}'"))
            .because(&error.first_line())
            .hint(format!("see why: git fetch {remote}"))
    })?;
    let there = there.ok_or_else(|| {
        CommandError::new(format!("'{remote}' has no branch '{branch}'"))
            .hint(format!("push it: git push {remote} {branch}; or switch to another branch"))
    })?;
    if there == tip {
        return Ok(Some(Fetched { branch, tip }));
    }
    // What the remote had before may be lost: whoever rewrote the branch there wanted that.
    let had = known.map_or(Ok(false), |known| repo.is_in_history(tip, known))?;
    if !had && !repo.is_in_history(tip, there)? {
        return Err(CommandError::new(format!(
            "branch '{branch}' has commits that '{remote}' does not have"
        ))
        .because(&"no one works in a service clone")
        .hint(format!("push them: git push {remote} {branch}"))
        .hint(format!("or give them up: git reset --hard {remote}/{branch}")));
    }
    repo.reset_to(there)?;
    ui.status(&format!("fetched {} of '{remote}': now at {}", branch, there.short()));
    Ok(Some(Fetched { branch, tip: there }))
}

/// What came of a push.
enum PushOutcome {
    Pushed,
    /// Someone else pushed in between.
    Overtaken,
}

/// The commit to push, and where to.
struct PlannedPush {
    remote: String,
    /// The branch there.
    branch: String,
    /// Its last commit, if it is there.
    old: Option<CommitId>,
    commit: CommitId,
    /// Whether the branch may lose commits there, all of which the reconciler made.
    is_own: bool,
    /// Whether it is there already.
    is_done: bool,
}

impl PlannedPush {
    /// Plans the push; nothing if the rules want none.
    fn of(
        repo: &Repo,
        rules: &ReconcileRules,
        fetched: Fetched,
        commit: CommitId,
    ) -> CommandResult<Option<Self>> {
        let Some(remote) = rules.remote.as_ref() else { return Ok(None) };
        let remote = remote.as_str().to_owned();
        let (branch, old, is_own) = match (rules.push, &rules.target) {
            (HealPush::None, _) => return Ok(None),
            (HealPush::Current, _) => (fetched.branch, Some(fetched.tip), false),
            (HealPush::Branch, HealTarget::Branch(name)) => {
                let old = repo.fetch_branch(&remote, name).map_err(|error| {
                    CommandError::new(format!("cannot fetch branch '{name}' of '{remote}'"))
                        .because(&error.first_line())
                        .hint(format!("see why: git fetch {remote}"))
                })?;
                (name.clone(), old, true)
            }
            (HealPush::Branch, _) => return Ok(None),
        };
        let is_done = old == Some(commit);
        let push = PlannedPush { remote, branch, old, commit, is_own, is_done };
        push.assert_free(repo)?;
        Ok(Some(push))
    }

    /// Refuses to take commits of others from a branch.
    fn assert_free(&self, repo: &Repo) -> CommandResult<()> {
        let Some(old) = self.old.filter(|_| self.is_own) else { return Ok(()) };
        let lost = repo.commits(&[old.to_string(), "--not".to_owned(), self.commit.to_string()])?;
        for commit in lost {
            if !is_follow_up(repo, commit.id)? {
                let PlannedPush { remote, branch, .. } = self;
                return Err(CommandError::new(format!(
                    "branch '{branch}' of '{remote}' has commits that idhooks did not make"
                ))
                .because(&format!("such as {}", commit.id.short()))
                .hint("merge that branch, then delete it there; or name another one in [reconcile] of idhooks.toml"));
            }
        }
        Ok(())
    }

    /// Pushes the commit, unless it is there.
    fn carry_out(&self, repo: &Repo) -> CommandResult<PushOutcome> {
        if self.is_done {
            return Ok(PushOutcome::Pushed);
        }
        let PlannedPush { remote, branch, old, commit, is_own, .. } = self;
        // A branch that people use only moves forward.
        let lease = old.filter(|_| *is_own);
        let Err(error) = repo.push_commit(remote, (*commit, branch), lease) else {
            return Ok(PushOutcome::Pushed);
        };
        if repo.fetch_branch(remote, branch).is_ok_and(|now| now != *old) {
            return Ok(PushOutcome::Overtaken);
        }
        Err(CommandError::new(format!("cannot push to branch '{branch}' of '{remote}'"))
            .because(&error.first_line())
            .hint(format!("check that you may push there: git push --dry-run {remote} {commit}:refs/heads/{branch}")))
    }

    /// Returns the error that others pushed each time.
    fn overtaken(&self) -> CommandError {
        let PlannedPush { remote, branch, .. } = self;
        CommandError::new(format!(
            "cannot push to branch '{branch}' of '{remote}': others pushed to it {} times meanwhile",
            RETRIES + 1
        ))
        .hint("the next run tries it again; at once: idhooks schedule run hourly")
    }
}
