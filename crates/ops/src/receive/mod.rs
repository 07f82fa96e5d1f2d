//! Checks a push in a server hook.

mod budget;
mod notice;
mod protection;
mod refusal;

use std::collections::HashSet;
use std::path::PathBuf;

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_repo::events::EventKind;
use idhooks_repo::git::{CommitId, Listed, Repo, names_no_commit};
use idhooks_repo::history::{changed_between, check_consistency, parted_from, verify_new};
use idhooks_repo::state::registry_findings::removed;
use idhooks_repo::state::{CommitState, Heads, added, is_adopted_at};
use idhooks_repo::transaction::remedy;

use crate::{Notice, Observer, OpsError, note_event, record_findings};
use budget::Budget;
pub use notice::{PushRemedy, ReceiveNotice};
pub use protection::Protection;
use protection::{BRANCHES, short_name};
pub use refusal::ReceiveRefusal;

/// The git setting that allows pushes to delete a protected branch.
const ALLOW_DELETE: &str = "idhooks.allowDelete";

/// A push to a server.
#[derive(Debug)]
pub struct ReceiveOptions {
    /// The directory in which the repository was found; paths that git passes to a hook are
    /// relative to it.
    pub dir: PathBuf,
    /// The refs that the push updates.
    pub pushed: Vec<PushedRef>,
    /// The patterns for protected branches; by default, the ones configured in the repository.
    pub protect: Vec<String>,
}

/// A ref that a push updates, as git passes it to a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedRef {
    /// The old object; all zeros for a new ref.
    pub old: String,
    /// The new object; all zeros for a deleted ref.
    pub new: String,
    /// The full name.
    pub name: String,
}

/// Checks a push.
struct PushCheck<'r> {
    repo: &'r Repo,
    options: &'r ReceiveOptions,
    /// Commits that the protected refs already contain.
    known: Vec<String>,
}

/// A ref that the push updates.
struct Update<'r> {
    check: &'r PushCheck<'r>,
    /// The previous commit; `None` for a new ref.
    old: Option<CommitId>,
    new: CommitId,
}

/// Checks a push before git accepts it. Returns whether the push is accepted; the observer receives
/// the reasons for a refusal.
///
/// # Errors
/// Returns an error if the push cannot be checked; the error also rejects the push.
pub fn receive(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &ReceiveOptions,
) -> Result<bool, OpsError> {
    let protection = Protection::read(repo, &options.protect)?;
    let check = PushCheck { repo, options, known: protection.known() };
    let (mut is_accepted, mut is_protected) = (true, false);
    for one in &options.pushed {
        if protection.covers(repo, &one.name)? {
            is_protected = true;
            is_accepted &= check.accepts(observer, one)?;
        }
    }
    if !is_protected {
        tell_gap(observer, repo, &protection, &options.pushed)?;
    }
    Ok(is_accepted)
}

/// Tells the observer and the audit log that a registry was pushed, although no ref is protected.
fn tell_gap(
    observer: &mut dyn Observer,
    repo: &Repo,
    protection: &Protection,
    pushed: &[PushedRef],
) -> Result<(), OpsError> {
    let Some(gap) = protection.gap() else { return Ok(()) };
    for one in pushed {
        let Some(branch) = one.name.strip_prefix(BRANCHES) else { continue };
        let Some(new) = repo.resolve(&one.new)? else { continue };
        if is_adopted_at(repo, new)? {
            let why = format!("no branch is protected: {gap}; '{branch}' was not checked");
            let (message, advice) = (why.clone(), protection.advice(branch));
            observer.notice(Notice::Receive(ReceiveNotice::NotChecked { why, advice }));
            let facts = [("command", Some("receive")), ("message", Some(&*message))];
            note_event(observer, repo, EventKind::CheckFailed, &facts);
            break;
        }
    }
    Ok(())
}

impl PushCheck<'_> {
    /// Returns whether a protected ref's new state is accepted.
    fn accepts(&self, observer: &mut dyn Observer, pushed: &PushedRef) -> Result<bool, OpsError> {
        let find = |target: &String| match self.repo.resolve(target)? {
            Some(id) => Ok(id),
            None => {
                let (name, target) = (pushed.name.clone(), target.clone());
                Err(OpsError::from(ReceiveRefusal::NotACommit { name, target }))
            }
        };
        let is_new = names_no_commit(&pushed.old);
        if names_no_commit(&pushed.new) {
            return if is_new { Ok(true) } else { self.accepts_deletion(observer, pushed) };
        }
        let old = if is_new { None } else { Some(find(&pushed.old)?) };
        let update = Update { check: self, old, new: find(&pushed.new)? };
        update.accepts(observer, short_name(&pushed.name))
    }

    /// Returns whether a protected ref may be deleted. Deleting it would lose all identities in its
    /// registry.
    fn accepts_deletion(
        &self,
        observer: &mut dyn Observer,
        pushed: &PushedRef,
    ) -> Result<bool, OpsError> {
        let allowed = self.repo.git().ask(&["config", "--type=bool", "--get", ALLOW_DELETE])?;
        let Some(old) = self.repo.resolve(&pushed.old)? else { return Ok(true) };
        if allowed.as_deref() == Some("true") || !is_adopted_at(self.repo, old)? {
            return Ok(true);
        }
        let branch = short_name(&pushed.name).to_owned();
        observer.notice(Notice::Receive(ReceiveNotice::DeletionRefused(branch)));
        record_findings(self.repo, EventKind::Blocked, None, &[removed(&pushed.old)]);
        Ok(false)
    }
}

impl Update<'_> {
    fn accepts(&self, observer: &mut dyn Observer, branch: &str) -> Result<bool, OpsError> {
        let repo = self.check.repo;
        let findings = self.findings(repo)?;
        let most = Budget::read(repo).findings;
        let tell = |observer: &mut dyn Observer, notice| observer.notice(Notice::Receive(notice));
        tell(observer, ReceiveNotice::Findings { findings: findings.clone(), most });
        let errors = Severity::Error.count(&findings);
        if errors == 0 {
            return Ok(true);
        }
        tell(observer, ReceiveNotice::Refused { branch: branch.to_owned(), errors });
        record_findings(repo, EventKind::Blocked, None, &findings);
        let remedy = match self.old.map(|old| self.replaces(repo, old)).transpose()? {
            Some(true) => PushRemedy::KeepCommits,
            // The findings have already been reported, and the advice is optional.
            _ => self.remedy().unwrap_or(PushRemedy::Unknown),
        };
        tell(observer, ReceiveNotice::Remedy(remedy));
        Ok(false)
    }

    /// Returns a remedy for the user who is pushing, after verifying that the remedy works.
    fn remedy(&self) -> Result<PushRemedy, OpsError> {
        // Trying a remedy must not leave objects behind.
        let repo = Repo::open_to_read(&self.check.options.dir)?.writing_aside()?;
        let accepts = |new| Ok(Update { new, ..*self }.findings(&repo)?.is_empty());
        let commits = self.commits(&repo)?;
        let mut before = self.bases(&commits).into_iter().filter(|id| repo.has_commit(*id));
        // If a clone lacks the earlier commits, it cannot know which files its own commits moved.
        let is_shallow =
            before.any(|id| check_consistency(&repo, id).is_ok_and(|it| it.is_inconsistent()));
        Ok(match remedy::<OpsError>(&repo, &commits, accepts)? {
            Some(remedy) => PushRemedy::Heal { remedy, is_shallow },
            None => PushRemedy::Unknown,
        })
    }

    /// Returns the commits that no protected ref contained before, parents first.
    fn commits(&self, repo: &Repo) -> Result<Vec<Listed>, OpsError> {
        let old = self.old.map(|old| old.to_string());
        let known: Vec<String> = old.into_iter().chain(self.check.known.iter().cloned()).collect();
        Ok(repo.commits_beyond(self.new, &known)?)
    }

    /// Returns whether the push removes the old commit from the history.
    fn replaces(&self, repo: &Repo, old: CommitId) -> Result<bool, OpsError> {
        Ok(!repo.is_in_history(old, self.new)?)
    }

    /// Returns the commits that the pushed commits are based on; the files in them are not new.
    fn bases(&self, pushed: &[Listed]) -> Vec<CommitId> {
        let ids: HashSet<CommitId> = pushed.iter().map(|commit| commit.id).collect();
        let parents = pushed.iter().flat_map(|commit| &commit.parents).copied();
        match self.old {
            Some(old) => vec![old],
            None if pushed.is_empty() => vec![self.new],
            None => parents.filter(|parent| !ids.contains(parent)).collect(),
        }
    }

    /// Returns the findings about a new branch that shares no commit with the default branch.
    fn parted(&self, repo: &Repo) -> Result<Vec<Finding>, OpsError> {
        let (Some(name), Some(head)) = (repo.own_branch()?, repo.head()?) else {
            return Ok(Vec::new());
        };
        Ok(parted_from(repo, &name, head, self.new)?)
    }

    /// Returns the errors in the pushed commits, and findings about reused identities.
    fn findings(&self, repo: &Repo) -> Result<Vec<Finding>, OpsError> {
        let commits = self.commits(repo)?;
        Budget::read(repo).assert(repo, &commits, self.old)?;
        let mut view = CommitState::of_commit(repo, self.new)?;
        let bases = self.bases(&commits);
        if !view.is_adopted() {
            // A new branch that starts before the adoption has lost no records.
            for base in &bases {
                if is_adopted_at(repo, *base)? {
                    return Ok(vec![removed(&base.to_string())]);
                }
            }
        }
        // Rewriting the history must not lose records.
        if let Some(old) = self.old.filter(|old| !view.parents.contains(old))
            && self.replaces(repo, old)?
        {
            view.parents.insert(0, old);
        }
        let config = view.config(repo)?;
        // New files must meet the pre-commit hook's requirements.
        let added = added(repo, &view.tree, &bases)?;
        let mut findings = view.check_reading(repo, &config, Heads::RuledAnd(&added))?.findings;
        let history = verify_new(repo, &commits)?;
        let of_commit = |(id, found): (CommitId, Vec<Finding>)| {
            let is_tip = id == self.new;
            found.into_iter().map(move |one| match is_tip {
                true => one,
                false => Finding { message: format!("in {}: {}", id.short(), one.message), ..one },
            })
        };
        findings.extend(history.faults.into_iter().flat_map(of_commit));
        match self.old {
            Some(old) => findings.extend(changed_between(repo, old, self.new)?),
            None => findings.extend(self.parted(repo)?),
        }
        findings.retain(|f| f.severity == Severity::Error || f.code == Code::IdReused);
        // A finding is reported only once, rather than for both the branch and the commit.
        findings.sort();
        findings.dedup_by(|one, other| one.is_same_as(other));
        Ok(findings)
    }
}
