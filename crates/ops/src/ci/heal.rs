//! Healing a change's registry, on its branch or as a patch.

use std::path::Path;

use idhooks_repo::git::{CommitId, Repo};

use super::change::CiChange;
use super::refusal::CiRefusal;
use crate::{Notice, Observer, OpsError, ReconcileOptions, ReconcileRefusal, reconcile};

/// The result of healing a change on its branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealedChange {
    /// The registry was healed; holds the result of the last check.
    Checked(bool),
    /// Only rewriting the commits in this range can heal it.
    Rewrite(String),
    /// No commit by idhooks can heal the registry.
    NotHealable,
}

/// Heals the registry on the checked-out branch. If that is not enough, merges the target and heals
/// the result. After each attempt, `check` returns whether the change passes.
///
/// # Errors
/// Returns an error if another commit is checked out, if there are uncommitted changes, if the
/// target cannot be merged, or if `check` fails.
pub fn heal_change<O: Observer, E: From<OpsError>>(
    observer: &mut O,
    dir: &Path,
    mut change: CiChange,
    mut check: impl FnMut(&mut O, &CiChange) -> Result<bool, E>,
) -> Result<HealedChange, E> {
    let branch = CheckedOutBranch::open(dir, change.head)?;
    let aside = Repo::open_to_read(dir).map_err(OpsError::from)?;
    // Searching for a rewrite creates commits, which must not stay in the repository.
    let aside = aside.writing_aside().map_err(OpsError::from)?;
    // CI must not rewrite commits that people already have; they have to do that themselves.
    if let Some(range) = change.range_to_rewrite(&aside)? {
        return Ok(HealedChange::Rewrite(range));
    }
    if let Some(healed) = branch.heal(observer)? {
        change.head = healed;
        if check(observer, &change)? {
            return Ok(HealedChange::Checked(true));
        }
    }
    // If each branch is consistent but their merge is not, only a merge commit can heal it.
    let Some(base) = change.target() else { return Ok(HealedChange::Checked(false)) };
    if branch.repo.is_in_history(base, change.head).map_err(OpsError::from)? {
        return Ok(HealedChange::NotHealable);
    }
    let merged = branch.merge(observer, base, &change.base_name);
    change.head = merged.inspect_err(|_| branch.go_back())?;
    Ok(HealedChange::Checked(check(observer, &change)?))
}

/// The checked-out branch, to which healing commits are added.
struct CheckedOutBranch {
    repo: Repo,
    /// The branch tip before any changes.
    before: CommitId,
}

impl CheckedOutBranch {
    /// Opens the checked-out branch.
    ///
    /// # Errors
    /// Returns an error if a commit other than `head` is checked out, or if there are uncommitted
    /// changes.
    fn open(dir: &Path, head: CommitId) -> Result<Self, OpsError> {
        let repo = Repo::open(dir)?.synced();
        if repo.head()? != Some(head) {
            return Err(CiRefusal::NotCheckedOut(head).into());
        }
        // Going back resets the working tree, which would destroy uncommitted changes.
        repo.assert_clean()?;
        Ok(CheckedOutBranch { repo, before: head })
    }

    /// Commits a healed registry; returns the commit, or `None` if there is nothing to heal.
    fn heal(&self, observer: &mut dyn Observer) -> Result<Option<CommitId>, OpsError> {
        if !stage(observer, &self.repo)? {
            return Ok(None);
        }
        self.commit(observer, "Heal the registry").map(Some).inspect_err(|_| self.go_back())
    }

    /// Merges the target branch with our merge driver and heals the result; on an error, the caller
    /// must [go back](Self::go_back).
    fn merge(
        &self,
        observer: &mut dyn Observer,
        base: CommitId,
        name: &str,
    ) -> Result<CommitId, OpsError> {
        let conflicts = self.repo.begin_merge(base)?;
        if let Some(first) = conflicts.first() {
            let (target, files, first) = (name.to_owned(), conflicts.len(), first.clone());
            return Err(CiRefusal::Conflicts { target, files, first }.into());
        }
        // The merge is committed even if its registry needs no changes.
        stage(observer, &self.repo)?;
        self.commit(observer, &format!("Merge '{name}' and heal the registry"))
    }

    /// Undoes all commits made since the branch was opened, and any unfinished merge.
    fn go_back(&self) {
        // The caller reports the original error; if git cannot go back, the next git command will
        // report that.
        let _ = self.repo.reset_to(self.before);
    }

    /// Commits the staged changes.
    fn commit(&self, observer: &mut dyn Observer, message: &str) -> Result<CommitId, OpsError> {
        let id = self.repo.commit_index(message).map_err(CiRefusal::NotCommitted)?;
        observer.notice(Notice::Committed(id, message.to_owned()));
        Ok(id)
    }
}

/// Stages a registry that heals the commits and covers the whole index; returns whether the
/// registry changed.
fn stage(observer: &mut dyn Observer, repo: &Repo) -> Result<bool, OpsError> {
    let done = reconcile(observer, repo, &ReconcileOptions::default());
    if let Err(OpsError::Reconcile(ReconcileRefusal::Findings(findings))) = &done {
        observer.notice(Notice::Warnings(findings.clone()));
    }
    Ok(done?.written)
}
