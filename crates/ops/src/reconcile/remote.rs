//! Healing a service clone between a fetch and a push.

use idhooks_core::config::{HealPush, HealTarget, ReconcileRules, RemoteName};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::transaction::is_follow_up;

use super::heal_branch::{
    HealBranchOptions, HealedBranch, QueueQuestions, assert_unused, heal_branch,
};
use super::refusal::{HealRefusal, RemoteBranch};
use crate::{Notice, Observer, OpsError, Reach, RuledState, open_to_change, writer_lock};

/// How many times the branch is fetched and healed again if someone else pushes in the meantime.
const RETRIES: usize = 3;

/// Brings a service clone up to date with a remote, heals the checked-out branch, and pushes the
/// commit that heals it, as configured by `[reconcile]`. Before each push, `queue_questions` queues
/// the questions for a human.
///
/// # Errors
/// Returns an error if the clone cannot be brought up to date or healed, or if the commit cannot be pushed.
pub fn heal_with_remote(
    observer: &mut dyn Observer,
    repo: &Repo,
    queue_questions: Option<QueueQuestions>,
) -> Result<HealedBranch, OpsError> {
    let default_target = HealTarget::Nowhere;
    let options =
        HealBranchOptions { target: None, default_target, is_dry_run: false, queue_questions };
    let (mut retries, mut answered) = (0, Vec::new());
    loop {
        let fetched = catch_up(observer, &open_to_change(repo.top())?)?;
        // The repository is reopened, since the working tree may now be at a different commit.
        let repo = open_to_change(repo.top())?;
        let mut healed = heal_branch(observer, &repo, &options)?;
        healed.answered.splice(0..0, answered);
        let rules = &healed.follow_up.config.reconcile;
        let (Some(fetched), Some(commit)) = (fetched, healed.commit) else { return Ok(healed) };
        let push = PlannedPush::plan(&repo, rules, fetched, commit)?;
        let Some(push) = push else { return Ok(healed) };
        match push.carry_out(&repo)? {
            PushOutcome::Pushed => {
                healed.pushed = Some(push.branch);
                return Ok(healed);
            }
            PushOutcome::Overtaken if retries < RETRIES => {
                (retries, answered) = (retries + 1, healed.answered);
                observer.notice(Notice::Overtaken(push.branch));
            }
            PushOutcome::Overtaken => {
                let (branch, times) = (push.branch, RETRIES + 1);
                return Err(HealRefusal::Overtaken { branch, times }.into());
            }
        }
    }
}

/// A branch on a remote, and the commit fetched from it.
struct Fetched {
    branch: RemoteBranch,
    tip: CommitId,
}

/// Moves the checked-out branch to its latest commit on the remote; returns that commit, or `None`
/// if the rules name no remote.
fn catch_up(observer: &mut dyn Observer, repo: &Repo) -> Result<Option<Fetched>, OpsError> {
    let (branch, tip) = assert_unused(repo)?;
    let rules = RuledState::read_commit(repo, tip)?.config.reconcile;
    let Some(remote) = rules.remote.as_ref().map(RemoteName::as_str) else { return Ok(None) };
    if !repo.has_remote(remote) {
        return Err(HealRefusal::UnknownRemote(remote.to_owned()).into());
    }
    let _lock = writer_lock(repo, "reconcile", Reach::Everything)?;
    let known = repo.remote_branch(remote, &branch)?;
    let branch = RemoteBranch { remote: remote.to_owned(), branch };
    let Some(there) = fetch(repo, &branch)? else {
        return Err(HealRefusal::NoRemoteBranch(branch).into());
    };
    if there == tip {
        return Ok(Some(Fetched { branch, tip }));
    }
    // Commits that the remote no longer has may be dropped: whoever rewrote the branch there meant
    // to drop them.
    let had = known.map_or(Ok(false), |known| repo.is_in_history(tip, known))?;
    if !had && !repo.is_in_history(tip, there)? {
        return Err(HealRefusal::Ahead(branch).into());
    }
    repo.reset_to(there)?;
    observer.notice(Notice::Fetched { branch: branch.clone(), tip: there });
    Ok(Some(Fetched { branch, tip: there }))
}

/// Fetches a branch; returns its last commit, or `None` if the branch does not exist.
fn fetch(repo: &Repo, branch: &RemoteBranch) -> Result<Option<CommitId>, HealRefusal> {
    repo.fetch_branch(&branch.remote, &branch.branch).map_err(|error| HealRefusal::NotFetched {
        branch: branch.clone(),
        reason: error.first_line().to_owned(),
    })
}

/// The outcome of a push.
enum PushOutcome {
    Pushed,
    /// Someone else pushed in the meantime.
    Overtaken,
}

/// The commit to push, and its destination.
struct PlannedPush {
    branch: RemoteBranch,
    /// The last commit on the remote's branch, if that branch exists.
    old: Option<CommitId>,
    commit: CommitId,
    /// Whether the push may remove commits from the remote's branch, because the reconciler made
    /// all of them.
    is_own: bool,
}

impl PlannedPush {
    /// Plans the push; returns `None` if the rules do not ask for one.
    fn plan(
        repo: &Repo,
        rules: &ReconcileRules,
        fetched: Fetched,
        commit: CommitId,
    ) -> Result<Option<Self>, OpsError> {
        let (branch, old, is_own) = match (rules.push, &rules.target) {
            (HealPush::Current, _) => (fetched.branch, Some(fetched.tip), false),
            (HealPush::Branch, HealTarget::Branch(name)) => {
                let branch = RemoteBranch { branch: name.clone(), ..fetched.branch };
                let old = fetch(repo, &branch)?;
                (branch, old, true)
            }
            (HealPush::None | HealPush::Branch, _) => return Ok(None),
        };
        let push = PlannedPush { branch, old, commit, is_own };
        push.assert_free(repo)?;
        Ok(Some(push))
    }

    /// Refuses to remove other people's commits from a branch.
    fn assert_free(&self, repo: &Repo) -> Result<(), OpsError> {
        let Some(old) = self.old.filter(|_| self.is_own) else { return Ok(()) };
        let lost = repo.commits(&[old.to_string(), "--not".to_owned(), self.commit.to_string()])?;
        for commit in lost {
            // Only commits made by idhooks may be replaced, since it can make them again.
            if !is_follow_up(repo, commit.id)? {
                let (branch, commit) = (self.branch.clone(), commit.id);
                return Err(HealRefusal::ForeignRemoteCommit { branch, commit }.into());
            }
        }
        Ok(())
    }

    /// Pushes the commit unless it is already there.
    fn carry_out(&self, repo: &Repo) -> Result<PushOutcome, HealRefusal> {
        let PlannedPush { branch, old, commit, is_own } = self;
        // Every clone that heals a commit creates the same commit, so another service may have
        // pushed it already.
        if *old == Some(*commit) {
            return Ok(PushOutcome::Pushed);
        }
        let RemoteBranch { remote, branch: name } = branch;
        // A branch that people use must only move forward.
        let lease = old.filter(|_| *is_own);
        let Err(error) = repo.push_commit(remote, *commit, name, lease) else {
            return Ok(PushOutcome::Pushed);
        };
        // git uses the same exit code for a rejection and a lost race; the branch itself tells them
        // apart.
        if repo.fetch_branch(remote, name).is_ok_and(|now| now != *old) {
            return Ok(PushOutcome::Overtaken);
        }
        let (branch, reason) = (branch.clone(), error.first_line().to_owned());
        Err(HealRefusal::NotPushed { branch, commit: *commit, reason })
    }
}
