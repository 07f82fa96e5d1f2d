//! [`HookNotice`]: the reports of a hook.

use idhooks_core::registry::RepoPath;
use idhooks_repo::git::GitError;
use idhooks_repo::history::Lacking;

/// A notice of a hook.
#[derive(Debug)]
pub enum HookNotice {
    /// The registry of HEAD is inconsistent, with the data that this clone lacks to heal it, if
    /// any.
    Inconsistent(Option<Lacking>),
    /// A problem of the installation in this clone.
    NotInstalled(String),
    /// A merged branch removed idhooks, and so did the merge.
    RemovedByMerge,
    /// The registry of a merge commit was completed.
    MergeCompleted,
    /// The registry in this many rebased commits was repaired.
    RebaseRepaired(usize),
    /// A commit that heals inconsistent commits of a rebase was added: why these were not rewritten.
    RebaseHealed(NotRewritten),
    /// The registry of an amended commit was repaired.
    AmendRepaired,
    /// A commit could not be signed again, and another was added after it.
    NotSigned(RemadeCommit, GitError),
    /// The notes of the commits of a rebase were not copied.
    RebaseNotesNotCopied(GitError),
    /// The notes of a commit were not copied.
    NotesNotCopied(GitError),
    /// The legacy file has changes of another program that the registry does not have.
    ForeignChanges {
        /// The legacy file.
        path: RepoPath,
        /// Whether that blocks the next commit.
        is_blocking: bool,
    },
}

/// Why commits of a rebase were not rewritten.
#[derive(Debug)]
pub enum NotRewritten {
    /// Git moves these branches to them, too.
    OtherBranches(Vec<String>),
    /// Other branches or tags contain them.
    Shared,
    /// One of them could not be signed again.
    Unsigned(GitError),
}

/// A commit that is replaced because its registry is inconsistent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemadeCommit {
    /// The commit of a merge.
    Merge,
    /// An amended commit.
    Amendment,
}
