//! [`CiChange`]: the change to check, and its commits.

use std::collections::BTreeSet;
use std::fmt;

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_repo::git::{CommitId, Listed, Repo};
use idhooks_repo::history::{changed_between, verify_history};
use idhooks_repo::state::{CommitState, Heads, can_start_from};
use idhooks_repo::transaction::{Remedy, TrialMerge, healing, remedy};

use super::context::CiContext;
use super::refusal::CiRefusal;
use crate::{Notice, Observer, OpsError};

/// A change to check.
#[derive(Debug, Clone)]
pub struct CiChange {
    /// The last commit in the change.
    pub head: CommitId,
    /// The commit to merge the change into or, for a push, the previous commit.
    pub base: Option<CommitId>,
    /// The name of the base.
    pub base_name: String,
    /// Whether the change has yet to be merged, as opposed to having been pushed already.
    pub is_merge: bool,
}

impl CiChange {
    /// Finds the commits of a change, as named by the user or by the environment.
    ///
    /// # Errors
    /// Returns an error if neither the user nor the environment names the change, or if a commit is
    /// not in the clone.
    pub fn find(
        repo: &Repo,
        base: Option<&String>,
        head: Option<&String>,
        context: &CiContext,
    ) -> Result<Self, OpsError> {
        let heads = head.map_or(&*context.head, std::slice::from_ref);
        let (head, _) = find(repo, heads, CiRefusal::NoHead)?.ok_or(CiRefusal::NoChange)?;
        let is_merge = base.is_some() || context.is_merge;
        let bases = base.map_or(&*context.base, std::slice::from_ref);
        let base = match find(repo, bases, CiRefusal::NoBase) {
            // The commit that a push replaced may not exist in any clone.
            Err(_) if !is_merge => None,
            base => base?,
        };
        let base_name = base.map(|(_, name)| shown(name)).unwrap_or_default();
        Ok(CiChange { base: base.map(|(id, _)| id), head, is_merge, base_name })
    }

    /// Returns the commit to merge the change into.
    pub(super) fn target(&self) -> Option<CommitId> {
        self.base.filter(|_| self.is_merge)
    }

    /// Merges the change into its target in memory.
    pub(super) fn merged(&self, repo: &Repo) -> Result<TrialMerge, OpsError> {
        let Some(base) = self.target() else {
            let (state, conflicts) = (CommitState::of_commit(repo, self.head)?, BTreeSet::new());
            return Ok(TrialMerge { state, registries_collide: false, contested: None, conflicts });
        };
        // git refuses to merge unrelated histories, and CI must not report a result for a merge
        // that cannot happen.
        if repo.merge_bases(base, self.head)?.is_empty() {
            return Err(CiRefusal::Unrelated(self.base_name.clone()).into());
        }
        Ok(TrialMerge::of(repo, base, self.head)?)
    }

    /// Returns the commits in the change, parents first.
    fn commits(&self, repo: &Repo) -> Result<Vec<Listed>, OpsError> {
        let mut revisions = vec![self.head.to_string()];
        revisions.extend(self.base.map(|base| format!("^{base}")));
        Ok(repo.commits(&revisions)?)
    }

    /// Adds findings about the change's commits, unless the result already has them.
    pub(super) fn add_history(
        &self,
        observer: &mut dyn Observer,
        repo: &Repo,
        found: &mut Vec<Finding>,
    ) -> Result<(), OpsError> {
        let examined = verify_history(repo, &self.commits(repo)?, &|| {})?;
        if examined.shallow > 0 {
            observer.notice(Notice::ShallowChange(examined.shallow));
        }
        let findings = examined.faults.into_iter().flat_map(|(_, findings)| findings);
        // Only the history shows which commit changed an identity, and whether later commits
        // confirm the change.
        let is_same = |one: &Finding, other: &Finding| {
            one.code == Code::IdentityChanged && (one.code, &one.path) == (other.code, &other.path)
        };
        let (better, others): (Vec<Finding>, Vec<Finding>) =
            findings.partition(|finding| found.iter().any(|known| is_same(known, finding)));
        found.retain(|known| !better.iter().any(|finding| is_same(known, finding)));
        let codes: BTreeSet<Code> = found.iter().chain(&better).map(|f| f.code).collect();
        // The state and the history show the same problem from two sides, so it is reported only
        // once.
        let is_new = |f: &Finding| f.severity != Severity::Error || !codes.contains(&f.code);
        found.extend(better.into_iter().chain(others.into_iter().filter(is_new)));
        // A path is reported only once: either for its commit or for the change as a whole.
        let mut changed = self.changed(repo)?;
        changed.retain(|finding| !found.iter().any(|known| is_same(known, finding)));
        found.extend(changed);
        Ok(())
    }

    /// Returns the findings about the effect of the whole change on its base.
    fn changed(&self, repo: &Repo) -> Result<Vec<Finding>, OpsError> {
        match self.base {
            Some(base) => Ok(changed_between(repo, base, self.head)?),
            None => Ok(Vec::new()),
        }
    }

    /// Returns the range of commits to rewrite if nothing else heals the change. New objects in
    /// `repo` are temporary.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn range_to_rewrite(&self, repo: &Repo) -> Result<Option<String>, OpsError> {
        let accepts = |head| Ok(!CiChange { head, ..self.clone() }.is_faulty(repo)?);
        Ok(match remedy::<OpsError>(repo, &self.commits(repo)?, accepts)? {
            Some(Remedy::Rewrite { range }) => Some(range),
            Some(Remedy::HealingCommit) | None => None,
        })
    }

    /// Returns whether the change has errors.
    fn is_faulty(&self, repo: &Repo) -> Result<bool, OpsError> {
        let TrialMerge { state, registries_collide, .. } = self.merged(repo)?;
        // These are the same checks that the report makes; otherwise, a rewrite could leave
        // problems that only the report shows.
        let found = state.check_reading(repo, &state.config(repo)?, Heads::All)?.findings;
        let history = verify_history(repo, &self.commits(repo)?, &|| {})?;
        let changed = self.changed(repo)?;
        let mut all =
            found.iter().chain(&changed).chain(history.faults.iter().flat_map(|(_, found)| found));
        Ok(registries_collide || all.any(|finding| finding.severity == Severity::Error))
    }

    /// Returns whether another commit on the branch may heal the change.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn can_be_healed(&self, repo: &Repo) -> Result<bool, OpsError> {
        if !can_start_from(repo, self.head)? {
            return Ok(false);
        }
        match self.target() {
            Some(base) if !repo.is_in_history(base, self.head)? => Ok(true),
            _ => Ok(healing(repo, self.head)?.is_some()),
        }
    }
}

impl fmt::Display for CiChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = self.head.short();
        match (self.base, self.is_merge) {
            (Some(base), true) => {
                write!(f, "{head} merged into '{}' ({})", self.base_name, base.short())
            }
            (Some(base), false) => write!(f, "{head}, pushed onto {}", base.short()),
            (None, _) => write!(f, "{head} and its history"),
        }
    }
}

/// Returns the first revision that exists in the clone, and its name.
fn find<'r>(
    repo: &Repo,
    revisions: &'r [String],
    refusal: fn(String) -> CiRefusal,
) -> Result<Option<(CommitId, &'r str)>, OpsError> {
    for rev in revisions {
        if let Some(id) = repo.resolve(rev)? {
            return Ok(Some((id, rev)));
        }
    }
    revisions.first().map_or(Ok(None), |first| Err(refusal(shown(first)).into()))
}

/// Returns a short name for a revision.
fn shown(rev: &str) -> String {
    rev.trim_start_matches("refs/remotes/").trim_start_matches("refs/heads/").to_owned()
}
