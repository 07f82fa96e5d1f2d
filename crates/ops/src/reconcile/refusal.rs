//! Why a registry cannot be healed.

use std::fmt;

use idhooks_core::check::Finding;
use idhooks_core::registry::{REGISTRY_PATH, RepoPath};
use idhooks_repo::git::{CommitId, GitError};

/// Why the index cannot be healed.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileRefusal {
    /// The index has no registry; holds advice on how to get one.
    #[error("the index has no '{REGISTRY_PATH}'")]
    NoRegistry(String),
    /// These findings must be fixed first.
    #[error("the registry cannot be healed yet")]
    Findings(Vec<Finding>),
}

/// A branch on a remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteBranch {
    /// The remote.
    pub remote: String,
    /// The branch's name on the remote.
    pub branch: String,
}

impl fmt::Display for RemoteBranch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "branch '{}' of '{}'", self.branch, self.remote)
    }
}

/// Why the checked-out branch in a service clone cannot be healed.
#[derive(Debug, thiserror::Error)]
pub enum HealRefusal {
    /// A git operation is in progress.
    #[error("{0}")]
    InProgress(String),
    /// No branch is checked out.
    #[error("HEAD is detached")]
    DetachedHead,
    /// The branch has no commit yet.
    #[error("branch '{0}' has no commit yet")]
    NoCommit(String),
    /// There are uncommitted changes.
    #[error(transparent)]
    NotClean(GitError),
    /// The clone does not have the complete history.
    #[error("the clone is shallow")]
    Shallow,
    /// The commit's registry has this finding and cannot be healed.
    #[error("the registry of {} cannot be healed", .0.short())]
    NotHealable(CommitId, Option<Box<Finding>>),
    /// The commit that heals the registry would go on the checked-out branch.
    #[error("branch '{0}' is checked out")]
    CheckedOut(String),
    /// The commit's branch is checked out in another working tree.
    #[error("branch '{branch}' is checked out in '{place}'")]
    CheckedOutElsewhere {
        /// The branch.
        branch: String,
        /// The working tree.
        place: String,
    },
    /// The commit's branch ends with someone else's commit.
    #[error("branch '{branch}' ends with a commit that idhooks did not make")]
    ForeignTip {
        /// The branch.
        branch: String,
        /// The commit, with its subject and author.
        commit: String,
    },
    /// The commit's branch cannot be moved.
    #[error("cannot move branch '{branch}' to {}", .commit.short())]
    BranchNotMoved {
        /// The branch.
        branch: String,
        /// The commit that heals the registry.
        commit: CommitId,
        /// The reason, on one line.
        reason: String,
    },
    /// The patch cannot be written.
    #[error("cannot write the patch '{file}'")]
    PatchNotWritten {
        /// The patch.
        file: RepoPath,
        /// The reason.
        reason: &'static str,
    },
    /// The rules name a remote that the clone does not have.
    #[error("this clone has no remote '{0}'")]
    UnknownRemote(String),
    /// A branch cannot be fetched.
    #[error("cannot fetch {branch}")]
    NotFetched {
        /// The branch.
        branch: RemoteBranch,
        /// The reason, on one line.
        reason: String,
    },
    /// The remote does not have the branch.
    #[error("'{}' has no branch '{}'", .0.remote, .0.branch)]
    NoRemoteBranch(RemoteBranch),
    /// The clone has commits that the remote's branch does not have.
    #[error("branch '{}' has commits that '{}' does not have", .0.branch, .0.remote)]
    Ahead(RemoteBranch),
    /// The branch to push to has other people's commits.
    #[error("{branch} has commits that idhooks did not make")]
    ForeignRemoteCommit {
        /// The branch.
        branch: RemoteBranch,
        /// One of the commits.
        commit: CommitId,
    },
    /// The commit cannot be pushed.
    #[error("cannot push to {branch}")]
    NotPushed {
        /// The branch.
        branch: RemoteBranch,
        /// The commit.
        commit: CommitId,
        /// The reason, on one line.
        reason: String,
    },
    /// Someone else pushed first on every attempt.
    #[error("cannot push to {branch}: others pushed to it {times} times meanwhile")]
    Overtaken {
        /// The branch.
        branch: RemoteBranch,
        /// The number of attempts.
        times: usize,
    },
}

/// Why commits cannot be rewritten.
#[derive(Debug, thiserror::Error)]
pub enum RewriteRefusal {
    /// A git operation is in progress.
    #[error("{0}")]
    InProgress(String),
    /// There are uncommitted changes.
    #[error("commits are rewritten only while nothing else is changed")]
    NotClean(GitError),
    /// There is no commit.
    #[error("there is no commit yet")]
    NoCommit,
    /// The range looks like an option.
    #[error("'{0}' names no commits")]
    NotARange(String),
    /// The range does not end at the tip of this branch.
    #[error("'{range}' does not end at HEAD, the tip of '{branch}'")]
    NotAtHead {
        /// The range.
        range: String,
        /// The branch.
        branch: String,
    },
    /// HEAD has no registry.
    #[error("HEAD has no '{REGISTRY_PATH}'")]
    NoRegistry,
    /// This clone lacks a commit's parents.
    #[error("this clone lacks the parents of {}", .0.short())]
    NoParents(CommitId),
    /// A commit cannot be re-signed. Nothing was changed.
    #[error("cannot sign {} again", .commit.short())]
    Unsigned {
        /// The commit.
        commit: CommitId,
        /// The reason.
        error: GitError,
    },
    /// A commit is contained in other refs as well.
    #[error("{} is in {names} too, and would have to be rewritten", .shared.short())]
    Shared {
        /// The last commit that other refs contain.
        shared: CommitId,
        /// The names of the other refs.
        names: String,
        /// The first commit that would have to be rewritten.
        first: CommitId,
        /// Whether no branch is checked out.
        is_detached: bool,
        /// Whether the commit is HEAD.
        is_head: bool,
    },
}
