//! The ancestors of a commit, and the commit that was current at a given time.

use idhooks_core::registry::BlobId;

use super::{CommitId, GitError, Repo};

/// A commit and its parents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ancestor {
    /// The commit.
    pub id: CommitId,
    /// Its parents; a shallow clone may lack some.
    pub parents: Vec<CommitId>,
}

impl Repo {
    /// Returns a commit and all its ancestors, parents before children and otherwise oldest first.
    ///
    /// # Errors
    /// Returns an error if git cannot be run or the history is broken.
    pub fn ancestry(&self, tip: CommitId) -> Result<Vec<Ancestor>, GitError> {
        let tip = tip.to_string();
        let listed =
            self.git().text(&["rev-list", "--date-order", "--reverse", "--parents", &tip, "--"])?;
        let parse = |line: &str| {
            let ids: Result<Vec<CommitId>, _> =
                line.split(' ').map(|id| id.parse::<BlobId>().map(CommitId)).collect();
            let mut ids = ids.map_err(|e| GitError::reading("the history", &e))?.into_iter();
            let id =
                ids.next().ok_or_else(|| GitError::reading("the history", &"an empty line"))?;
            Ok(Ancestor { id, parents: ids.collect() })
        };
        listed.lines().map(parse).collect()
    }

    /// Returns the newest commit on the first-parent line of `tip` that is not newer than `moment`,
    /// in seconds since 1970.
    ///
    /// # Errors
    /// Returns an error if git cannot be run or the history is broken.
    pub fn newest_by(&self, tip: CommitId, moment: u64) -> Result<Option<CommitId>, GitError> {
        let (tip, age) = (tip.to_string(), format!("--min-age={moment}"));
        let id = self.git().text(&["rev-list", "-1", "--first-parent", &age, &tip, "--"])?;
        Ok(id.parse::<BlobId>().ok().map(CommitId))
    }

    /// Returns how many ancestors of `tip` are no ancestors of `commit`, although they are not
    /// newer than `moment`: a merge added them later.
    ///
    /// # Errors
    /// Returns an error if git cannot be run or the history is broken.
    pub fn merged_after(
        &self,
        commit: CommitId,
        tip: CommitId,
        moment: u64,
    ) -> Result<usize, GitError> {
        let (range, age) = (format!("{commit}..{tip}"), format!("--min-age={moment}"));
        let count = self.git().text(&["rev-list", "--count", &age, &range, "--"])?;
        count.parse().map_err(|e| GitError::reading("the history", &e))
    }
}
