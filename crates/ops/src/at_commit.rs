//! [`AtCommit`]: the commit that a revision or a date stands for.

use idhooks_core::registry::Timestamp;
use idhooks_repo::git::{CommitId, Repo};
use serde::Serialize;

use super::{LookUpError, OpsError};

/// The commit that a revision or a date stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AtCommit {
    /// The commit.
    pub commit: CommitId,
    /// The time of the commit.
    #[serde(rename = "at")]
    pub date: Timestamp,
    /// The number of commits that are old enough for the date, but excluded because they were
    /// merged later.
    #[serde(skip)]
    pub excluded: usize,
}

impl AtCommit {
    /// Finds the commit that a string stands for; a revision takes precedence over a date.
    ///
    /// A date stands for the newest commit on HEAD's first-parent line that was made by that date.
    ///
    /// # Errors
    /// Returns an error if the string does not stand for a commit.
    pub fn find(repo: &Repo, text: &str) -> Result<Self, OpsError> {
        if let Some(commit) = repo.resolve(text)? {
            return Self::read(repo, commit, 0);
        }
        let moment = repo.moment(text)?.ok_or_else(|| LookUpError::NoMoment(text.to_owned()))?;
        let head = repo.head()?.ok_or(LookUpError::NoCommitYet { can_name_other: false })?;
        let commit = repo.newest_by(head, moment)?;
        let commit = commit.ok_or_else(|| LookUpError::NoneAsOld(text.to_owned()))?;
        Self::read(repo, commit, repo.merged_after(commit, head, moment)?)
    }

    fn read(repo: &Repo, commit: CommitId, excluded: usize) -> Result<Self, OpsError> {
        let seconds = repo.commit(commit)?.committer_time();
        let date = Timestamp::from_unix(seconds).unwrap_or(Timestamp::EPOCH);
        Ok(AtCommit { commit, date, excluded })
    }
}

impl std::fmt::Display for AtCommit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "commit {} of {}", self.commit.short(), self.date)
    }
}
