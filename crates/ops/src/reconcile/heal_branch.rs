//! Healing the checked-out branch in a service clone with a separate commit, which is put on
//! another branch or into a patch. Neither the index nor the working tree is changed.

use idhooks_core::check::Code;
use idhooks_core::config::HealTarget;
use idhooks_core::registry::{Id, RepoPath};
use idhooks_repo::events::EventKind;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::transaction::HealingCommit;

use super::heal_index::note_reconcile;
use super::heal_target::{PutOutcome, assert_free, is_left_over, put};
use super::refusal::{HealRefusal, RemoteBranch};
use super::summary::{LeftToPerson, ReconcileFigures, left_to_person};
use crate::{
    Observer, OpsError, Reach, Revision, RuledState, note_event, while_healing, writer_lock,
};

/// The revision to heal.
const REV: &str = "HEAD";

/// How to heal the checked-out branch.
#[derive(Debug)]
pub struct HealBranchOptions {
    /// Where to put the commit; overrides the target in the rules.
    pub target: Option<HealTarget>,
    /// The target to use if the rules don't name one.
    pub default_target: HealTarget,
    /// Whether to change nothing.
    pub is_dry_run: bool,
    /// The function that queues questions for a human, if any.
    pub queue_questions: Option<QueueQuestions>,
}

/// Queues questions for a human in a working tree. Returns the questions that have been answered;
/// issues a notice if the queue cannot be written.
pub type QueueQuestions = fn(&mut dyn Observer, &Repo, &HealedBranch) -> Vec<AnsweredQuestion>;

/// An answered question about a file. The question has been removed from the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredQuestion {
    /// The file's path.
    pub path: RepoPath,
    /// The file's current identity.
    pub id: Option<Id>,
}

/// The result of healing in a service clone or of a dry run.
#[derive(Debug)]
pub struct HealedBranch {
    /// The commit that heals the registry, as planned.
    pub follow_up: HealingCommit,
    /// How the registry and the files differ.
    pub figures: ReconcileFigures,
    /// Questions for a human.
    pub left: Vec<LeftToPerson>,
    /// Questions from earlier runs that have been answered.
    pub answered: Vec<AnsweredQuestion>,
    /// Where the commit belongs.
    pub target: HealTarget,
    /// The commit that heals the registry, if one was needed and has been stored.
    pub commit: Option<CommitId>,
    /// Whether this run, rather than an earlier one, put the commit in place.
    pub written: bool,
    /// The ref that keeps other people's commits that were on the branch, if there were any.
    pub backup: Option<String>,
    /// The remote branch that the commit was pushed to, if any.
    pub pushed: Option<RemoteBranch>,
    /// Whether the branch is left over from an earlier run and no longer needed.
    pub is_left_over: bool,
}

/// Heals the checked-out branch.
///
/// # Errors
/// Returns an error if the working tree is in use, if the registry cannot be healed, or if the
/// target belongs to someone else.
pub fn heal_branch(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &HealBranchOptions,
) -> Result<HealedBranch, OpsError> {
    let lock = writer_lock(repo, "reconcile", Reach::Everything)?;
    let (branch, tip) = assert_unused(repo)?;
    let rules = RuledState::read_commit(repo, tip)?.config.reconcile;
    let configured = Some(rules.target).filter(|one| *one != HealTarget::Nowhere);
    let target = options.target.clone().or(configured);
    let target = target.unwrap_or_else(|| options.default_target.clone());
    let is_written = !options.is_dry_run && target != HealTarget::Nowhere;
    // If there is no target, no objects must be left behind.
    let aside = Repo::open_to_read(repo.top())?.writing_aside()?;
    let place = if is_written { repo } else { &aside };
    let plan = |progress: &dyn Fn(usize)| HealingCommit::of(place, tip, progress);
    let Some(follow_up) = while_healing(observer, plan)? else {
        return Err(not_healable(repo, tip)?);
    };
    let (mut commit, mut outcome) = (None, PutOutcome::default());
    let mut checked = tip;
    if follow_up.is_needed() {
        assert_free(repo, &follow_up, &target, &branch)?;
        checked = follow_up.store(place, &rules.author)?;
        commit = is_written.then_some(checked);
    }
    let findings = RuledState::read_commit(place, checked)?.check(place)?;
    if findings.iter().any(|finding| finding.code == Code::RegistryCorrupt) {
        return Err(not_healable(repo, tip)?);
    }
    if let Some(commit) = commit {
        outcome = put(repo, &target, commit)?;
    }
    let is_left_over = !follow_up.is_needed() && is_left_over(repo, &target, tip)?;
    let edits: Vec<_> = follow_up.edits.iter().collect();
    let mut healed = HealedBranch {
        figures: ReconcileFigures::of(&follow_up.state, &follow_up.config, None, &edits),
        left: left_to_person(&follow_up.possible_renames, &findings),
        answered: Vec::new(),
        follow_up,
        target,
        commit,
        written: outcome.written,
        backup: outcome.backup,
        pushed: None,
        is_left_over,
    };
    if !options.is_dry_run {
        healed.note(observer, repo);
        // The questions go into the watcher's queue, which this lock does not protect.
        drop(lock);
        let queued = options.queue_questions.map(|queue| queue(observer, repo, &healed));
        healed.answered = queued.unwrap_or_default();
    }
    Ok(healed)
}

impl HealedBranch {
    /// Records the result in the counters and in the audit log, from which the detection time is
    /// computed.
    fn note(&self, observer: &mut dyn Observer, repo: &Repo) {
        let tip = self.follow_up.tip.to_string();
        let (commit, target) = (self.commit.map(|id| id.to_string()), self.target.to_string());
        if self.written {
            let facts = [
                ("old_commit", Some(&*tip)),
                ("commit", commit.as_deref()),
                ("target", Some(&*target)),
                ("backup", self.backup.as_deref()),
            ];
            note_event(observer, repo, EventKind::Healed, &facts);
        } else if self.is_only_reported() {
            let message = "the registry needs healing";
            let facts = [("commit", Some(&*tip)), ("message", Some(message))];
            note_event(observer, repo, EventKind::CheckFailed, &facts);
        }
        note_reconcile(repo, if self.written { self.follow_up.edits.len() } else { 0 });
    }

    /// Returns whether the registry needs healing but there is no target for the commit.
    fn is_only_reported(&self) -> bool {
        self.follow_up.is_needed() && self.target == HealTarget::Nowhere
    }

    /// Returns whether something needs attention: questions for a human, or faults that were
    /// reported but not healed.
    pub fn needs_attention(&self) -> bool {
        !self.left.is_empty() || self.is_only_reported() || self.backup.is_some()
    }
}

/// Returns the checked-out branch and its commit, or an error if someone is working in the clone.
pub(super) fn assert_unused(repo: &Repo) -> Result<(String, CommitId), OpsError> {
    if let Some(operation) = repo.operation_in_progress()? {
        return Err(HealRefusal::InProgress(operation).into());
    }
    let Some(branch) = repo.own_branch()? else { return Err(HealRefusal::DetachedHead.into()) };
    let Some(tip) = repo.head()? else { return Err(HealRefusal::NoCommit(branch).into()) };
    // If the clone has uncommitted changes, someone is working in it.
    repo.assert_clean().map_err(HealRefusal::NotClean)?;
    // Healing depends on the complete history, and a shallow clone lacks its beginning.
    if repo.is_shallow()? {
        return Err(HealRefusal::Shallow.into());
    }
    Ok((branch, tip))
}

/// Returns the error for a registry that cannot be healed.
fn not_healable(repo: &Repo, tip: CommitId) -> Result<OpsError, OpsError> {
    let state = RuledState::read_commit(repo, tip)?;
    if !state.view.is_adopted() {
        return Ok(Revision::named(REV).not_adopted(repo, &state.view).into());
    }
    // The most severe finding explains the error best.
    let finding = state.check(repo).unwrap_or_default().into_iter().min();
    Ok(HealRefusal::NotHealable(tip, finding.map(Box::new)).into())
}
