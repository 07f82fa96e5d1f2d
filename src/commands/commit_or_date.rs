//! A commit, named by a revision or by a date.

use idhooks_core::registry::Timestamp;
use idhooks_repo::git::{CommitId, Repo};
use serde::Serialize;

use crate::error::{CommandError, CommandResult};
use crate::output::count;

/// A commit that the user named.
#[derive(Serialize)]
pub(super) struct At {
    /// The commit.
    pub(super) commit: CommitId,
    /// When it was committed.
    #[serde(rename = "at")]
    pub(super) date: Timestamp,
    /// A note about commits that the date excludes.
    #[serde(skip)]
    pub(super) note: Option<String>,
}

impl At {
    /// Finds the commit that a text names; a revision comes before a date.
    ///
    /// A date means the newest commit on the first-parent line of HEAD that is not later.
    pub(super) fn named(repo: &Repo, text: &str) -> CommandResult<At> {
        if let Some(commit) = repo.resolve(text)? {
            return At::of(repo, commit, None);
        }
        let Some(moment) = repo.moment(text)? else {
            let error = CommandError::new(format!("'{text}' is neither a revision nor a date"));
            return Err(error.hint(
                "name a commit, or a date as git reads it: 2026-03-01, '2026-03-01 12:00', '2 weeks ago'",
            ));
        };
        let Some(head) = repo.head()? else {
            let error = CommandError::new("there is no commit yet, so there is no history");
            return Err(error.hint("commit first"));
        };
        let Some(commit) = repo.newest_by(head, moment)? else {
            let error = CommandError::new(format!("no commit of HEAD is as old as '{text}'"));
            return Err(error.hint("see how old they are: git log --first-parent --reverse"));
        };
        let later = repo.merged_after(commit, head, moment)?;
        let note = (later > 0).then(|| {
            let commits = count(later, "older commit", "older commits");
            format!("not included: {commits}, merged into HEAD later")
        });
        At::of(repo, commit, note)
    }

    /// Returns the commit for a message.
    pub(super) fn shown(&self) -> String {
        format!("commit {} of {}", self.commit.short(), self.date)
    }

    fn of(repo: &Repo, commit: CommitId, note: Option<String>) -> CommandResult<At> {
        let seconds = repo.commit(commit)?.committer_time();
        let date = Timestamp::from_unix(seconds).unwrap_or(Timestamp::EPOCH);
        Ok(At { commit, date, note })
    }
}
