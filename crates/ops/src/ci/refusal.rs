//! [`CiRefusal`]: why a change is not checked or healed.

use idhooks_core::check::count;
use idhooks_core::registry::RepoPath;
use idhooks_repo::git::{CommitId, GitError};

/// Why a change is not checked or healed. In all cases nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CiRefusal {
    /// There is no way to tell which change to check.
    #[error("cannot tell which change to check")]
    NoChange,
    /// The change with this name does not exist in the clone.
    #[error("cannot find a commit '{0}'")]
    NoHead(String),
    /// The change's target (with this name) does not exist in the clone.
    #[error("cannot find a commit '{0}'")]
    NoBase(String),
    /// The change and the target (with this name) have no common ancestor in the clone.
    #[error("'{0}' and the change have no commit in common in this clone")]
    Unrelated(String),
    /// A commit other than the change's last one is checked out.
    #[error("the change {} is not checked out", .0.short())]
    NotCheckedOut(CommitId),
    /// Merging the target causes conflicts.
    #[error("{} with '{target}': '{first}'", count(*.files, "file conflicts", "files conflict"))]
    Conflicts {
        /// The name of the target.
        target: String,
        /// The number of files that conflict.
        files: usize,
        /// The first file that conflicts.
        first: RepoPath,
    },
    /// Git refuses to commit the healed registry.
    #[error(transparent)]
    NotCommitted(GitError),
}
