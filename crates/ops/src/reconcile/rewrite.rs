//! Rewrites unpublished commits so that each has a consistent registry.
//!
//! If a commit changes an identity and a later commit confirms the change, adding another commit
//! cannot heal it. As long as these commits are unpublished, they can be replaced.

use std::collections::BTreeSet;

use idhooks_core::check::{Finding, Severity};
use idhooks_core::registry::Origin;
use idhooks_repo::events::{Edit, EventKind};
use idhooks_repo::git::{Commit, CommitId, Listed, Repo};
use idhooks_repo::history::{Consistency, check_consistency, verify_history};
use idhooks_repo::state::{CommitState, is_adopted_at};
use idhooks_repo::transaction::{
    Remedy, RewriteError, RewrittenChain, audit_recording, backup, rebuild, remedy, to_rewrite,
};
use serde::Serialize;

use super::refusal::RewriteRefusal;
use crate::replace_head::{NewHead, replace_head_by};
use crate::{
    Notice, Observer, OpsError, Reach, named_commits, note_event, while_healing, writer_lock,
};

/// The maximum number of commits to check when suggesting a range to rewrite.
const MOST: &str = "--max-count=100";
const REASON: &str = "idhooks: reconcile --rewrite";

/// How to rewrite commits.
#[derive(Debug)]
pub struct RewriteOptions {
    /// The range of commits, in git's syntax.
    pub range: String,
    /// Whether to change nothing.
    pub is_dry_run: bool,
}

/// A rewritten commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ReplacedCommit {
    /// The old commit.
    #[serde(rename = "old_commit")]
    pub old: CommitId,
    /// The commit that replaces the old one.
    #[serde(rename = "commit")]
    pub new: CommitId,
}

/// The result of a rewrite or a dry run.
#[derive(Debug)]
pub struct RewriteReport {
    /// The rewritten commits, parents first.
    pub replaced: Vec<ReplacedCommit>,
    /// The changes that heal the commits.
    pub healed: Vec<Edit>,
    /// The ref that keeps the old commits alive; `None` in a dry run.
    pub backup: Option<String>,
    /// The findings that the rewrite does not heal.
    pub left: Vec<Finding>,
}

/// The commits to rewrite, at the tip of the current branch.
struct RewriteRange {
    head: CommitId,
    commits: Vec<Listed>,
}

/// Rewrites the inconsistent commits in a range, and the commits after them, on the current branch.
///
/// # Errors
/// Returns an error if the range cannot be rewritten, or if a commit cannot be stored. In that case
/// nothing is changed.
pub fn rewrite(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &RewriteOptions,
) -> Result<RewriteReport, OpsError> {
    let _lock = writer_lock(repo, "reconcile", Reach::Everything)?;
    let range = RewriteRange::read(repo, &options.range)?;
    // A dry run leaves no objects behind.
    let aside = match options.is_dry_run {
        true => Some(Repo::open_to_read(repo.top())?.writing_aside()?),
        false => None,
    };
    let repo = aside.as_ref().unwrap_or(repo);
    let rebuilt = range.rebuild(observer, repo, options.is_dry_run)?;
    let left = range.left(repo, &rebuilt)?;
    report_dropped(observer, repo, range.head, &rebuilt);
    let backup = match options.is_dry_run || rebuilt.replaced.is_empty() {
        true => None,
        false => Some(put_in_place(observer, repo, range.head, &rebuilt)?),
    };
    let replaced = rebuilt.replaced.into_iter().map(|(old, new)| ReplacedCommit { old, new });
    Ok(RewriteReport { replaced: replaced.collect(), healed: rebuilt.edits, backup, left })
}

/// Returns the range of recent commits that are not on the remote's main branch and that only a
/// rewrite can heal.
///
/// # Errors
/// Returns an error if an object cannot be read.
pub fn range_to_rewrite(repo: &Repo) -> Result<Option<String>, OpsError> {
    let Some(head) = repo.head()? else { return Ok(None) };
    let main = format!("refs/remotes/origin/{}", repo.main_branch()?);
    let known = match repo.resolve(&main)? {
        Some(main) => main.to_string(),
        // If the remote has no main branch, everything on any remote counts as published.
        None => "--remotes".to_owned(),
    };
    // Trying a remedy must not leave objects behind.
    let repo = Repo::open_to_read(repo.top())?.writing_aside()?;
    let commits = |tip: CommitId| {
        repo.commits(&[MOST.to_owned(), tip.to_string(), "--not".to_owned(), known.clone()])
    };
    let is_fine = |tip: CommitId| {
        let history = verify_history(&repo, &commits(tip)?, &|| {})?;
        let mut findings = history.faults.iter().flat_map(|(_, findings)| findings);
        Ok::<_, OpsError>(!findings.any(|f| f.severity == Severity::Error))
    };
    if is_fine(head)? {
        return Ok(None);
    }
    Ok(match remedy(&repo, &commits(head)?, is_fine)? {
        Some(Remedy::Rewrite { range }) => Some(range),
        Some(Remedy::HealingCommit) | None => None,
    })
}

impl RewriteRange {
    /// Reads the range and checks that it can be rewritten now.
    fn read(repo: &Repo, range: &str) -> Result<Self, OpsError> {
        if let Some(operation) = repo.operation_in_progress()? {
            return Err(RewriteRefusal::InProgress(operation).into());
        }
        repo.assert_clean().map_err(RewriteRefusal::NotClean)?;
        let Some(head) = repo.head()? else { return Err(RewriteRefusal::NoCommit.into()) };
        let range = range.to_owned();
        // git would mistake the range for an option.
        if range.starts_with('-') {
            return Err(RewriteRefusal::NotARange(range).into());
        }
        let commits = named_commits(repo, std::slice::from_ref(&range))?;
        // Commits after the range would keep their old parents.
        if commits.last().map(|commit| commit.id) != Some(head) {
            let branch = repo.own_branch()?.unwrap_or_else(|| "HEAD".to_owned());
            return Err(RewriteRefusal::NotAtHead { range, branch }.into());
        }
        if !is_adopted_at(repo, head)? {
            return Err(RewriteRefusal::NoRegistry.into());
        }
        // Every commit is compared with its parents.
        for commit in &commits {
            let parents = repo.commit(commit.id)?.parents;
            if parents.iter().any(|parent| !repo.has_commit(*parent)) {
                return Err(RewriteRefusal::NoParents(commit.id).into());
            }
        }
        Ok(RewriteRange { head, commits })
    }

    /// Rewrites the inconsistent commits and all commits after them, without moving a ref.
    fn rebuild(
        &self,
        observer: &mut dyn Observer,
        repo: &Repo,
        is_dry_run: bool,
    ) -> Result<RewrittenChain, OpsError> {
        let wrong = to_rewrite(repo, &self.commits)?;
        self.assert_unshared(repo, &wrong)?;
        let store = |commit: &Commit, tree, parents: &[CommitId]| match is_dry_run {
            // A dry run must not ask for a signature.
            true => commit.store_unsigned(&repo.git(), tree, parents),
            false => commit.store_again(&repo.git(), tree, parents),
        };
        let ids: Vec<CommitId> = self.commits.iter().map(|commit| commit.id).collect();
        let no_picks = |_| Vec::new();
        let work =
            |progress: &dyn Fn(usize)| rebuild(repo, &ids, &wrong, &no_picks, &store, progress);
        while_healing(observer, work).map_err(|error| match error {
            RewriteError::State(error) => error.into(),
            RewriteError::Unsigned(commit, error) => {
                RewriteRefusal::Unsigned { commit, error }.into()
            }
        })
    }

    /// Asserts that the `wrong` commits, and the commits after them, are only on this branch.
    fn assert_unshared(&self, repo: &Repo, wrong: &BTreeSet<CommitId>) -> Result<(), OpsError> {
        let mut replaced: Vec<CommitId> = Vec::new();
        for commit in &self.commits {
            let follows = commit.parents.iter().any(|parent| replaced.contains(parent));
            // A commit after a replaced one is replaced as well, since its parent changes.
            if follows || wrong.contains(&commit.id) {
                replaced.push(commit.id);
            }
        }
        let own = repo.own_branch()?;
        let Some((shared, names)) = repo.shared(&replaced, self.head, own.as_deref())? else {
            return Ok(());
        };
        let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
        Err(RewriteRefusal::Shared {
            shared,
            names: names.join(", "),
            first: replaced.first().copied().unwrap_or(shared),
            is_detached: own.is_none(),
            is_head: shared == self.head,
        }
        .into())
    }

    /// Returns the last consistent commits before the range. The range must heal the inconsistent
    /// commits in between.
    fn consistent_before(&self, repo: &Repo) -> Result<BTreeSet<CommitId>, OpsError> {
        let mut seen: BTreeSet<CommitId> = self.commits.iter().map(|commit| commit.id).collect();
        let mut queue: Vec<CommitId> =
            self.commits.iter().flat_map(|commit| &commit.parents).copied().collect();
        let mut consistent = BTreeSet::new();
        while let Some(id) = queue.pop() {
            if !seen.insert(id) || !repo.has_commit(id) {
                continue;
            }
            match check_consistency(repo, id)? {
                Consistency::Inconsistent(_) => queue.extend(repo.commit(id)?.parents),
                Consistency::Consistent | Consistency::NotAdopted => {
                    consistent.insert(id);
                }
            }
        }
        Ok(consistent)
    }

    /// Returns the findings that the rewrite does not heal.
    fn left(&self, repo: &Repo, rebuilt: &RewrittenChain) -> Result<Vec<Finding>, OpsError> {
        let tip = rebuilt.replaced.last().map_or(self.head, |(_, new)| *new);
        let before = self.consistent_before(repo)?;
        let before = before.iter().map(|commit| format!("^{commit}"));
        let revisions: Vec<String> = std::iter::once(tip.to_string()).chain(before).collect();
        let history = verify_history(repo, &repo.commits(&revisions)?, &|| {})?;
        let findings = history.faults.into_iter().flat_map(|(_, findings)| findings);
        Ok(findings.filter(|finding| finding.severity == Severity::Error).collect())
    }
}

/// Issues a notice about identities found only in the old commits: they were deliberately assigned
/// to files that keep their previous identities in the new commits.
fn report_dropped(
    observer: &mut dyn Observer,
    repo: &Repo,
    head: CommitId,
    rebuilt: &RewrittenChain,
) {
    // An unreadable registry has no identities to report.
    let before = CommitState::of_commit(repo, head).ok();
    let before = before.as_ref().and_then(CommitState::registry);
    let (Some(before), Some(after)) = (before, &rebuilt.registry) else { return };
    let kept: BTreeSet<Origin> = after.allocations.iter().map(|record| record.origin).collect();
    for record in before.allocations.iter().filter(|r| !kept.contains(&r.origin)) {
        observer.notice(Notice::IdDropped { id: record.id, path: record.path.clone() });
    }
}

/// Moves the branch, the index and the working tree's registry; returns the ref that keeps the old
/// commits alive.
fn put_in_place(
    observer: &mut dyn Observer,
    repo: &Repo,
    head: CommitId,
    rebuilt: &RewrittenChain,
) -> Result<String, OpsError> {
    // If the audit log cannot be written, this must fail before HEAD moves.
    audit_recording::look_ahead(repo)?;
    let tip = rebuilt.replaced.last().map_or(head, |(_, new)| *new);
    let mut backup = String::new();
    let mut move_head = || {
        backup = repo.move_head_keeping(tip, head, REASON, backup::millis())?;
        Ok(())
    };
    match &rebuilt.registry {
        Some(registry) => {
            let new = NewHead { commit: tip, known: rebuilt.before.as_ref(), registry };
            replace_head_by(observer, repo, &new, &mut move_head)?;
        }
        None => move_head()?,
    }
    // The commits are already in place, so a failure here is only reported.
    if let Err(error) = repo.copy_notes("rebase", &rebuilt.replaced) {
        let problem = format!("the notes of the rewritten commits were not copied: {error}");
        observer.notice(Notice::NotKept(problem));
    }
    let (old, new) = (head.to_string(), tip.to_string());
    let facts = [("old_commit", Some(&*old)), ("commit", Some(&*new)), ("backup", Some(&*backup))];
    note_event(observer, repo, EventKind::Healed, &facts);
    Ok(backup)
}
