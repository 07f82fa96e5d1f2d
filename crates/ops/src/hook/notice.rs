//! [`HookNotice`]: what a hook reports.

use idhooks_core::registry::RepoPath;
use idhooks_repo::git::GitError;
use idhooks_repo::history::MissingObjects;

/// A notice from a hook.
#[derive(Debug)]
pub enum HookNotice {
    /// HEAD's registry is inconsistent; also says what this clone lacks to heal it, if anything.
    Inconsistent(Option<MissingObjects>),
    /// There is a problem with the installation in this clone.
    NotInstalled(String),
    /// A merged branch had removed idhooks, so the merge removed it as well.
    RemovedByMerge,
    /// A merge commit's registry was completed.
    MergeCompleted,
    /// The registries in this many rebased commits were repaired.
    RebaseRepaired(usize),
    /// A commit was added that heals a rebase's inconsistent commits; holds the reason they were
    /// not rewritten.
    RebaseHealed(NotRewritten),
    /// An amended commit's registry was repaired.
    AmendRepaired,
    /// A commit could not be re-signed, so another commit was added after it.
    NotSigned(RemadeCommit, GitError),
    /// The notes attached to a rebase's commits were not copied.
    RebaseNotesNotCopied(GitError),
    /// The notes attached to a commit were not copied.
    NotesNotCopied(GitError),
    /// Another program changed the legacy file in ways that the registry does not reflect.
    ForeignChanges {
        /// The legacy file.
        path: RepoPath,
        /// Whether this blocks the next commit.
        is_blocking: bool,
    },
}

/// Why a rebase's commits were not rewritten.
#[derive(Debug)]
pub enum NotRewritten {
    /// git moves these branches to the rebased commits as well.
    OtherBranches(Vec<String>),
    /// Other branches or tags contain some of the commits.
    Shared,
    /// One of the commits could not be re-signed.
    Unsigned(GitError),
}

/// A commit that is replaced because its registry is inconsistent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemadeCommit {
    /// A merge commit.
    Merge,
    /// An amended commit.
    Amendment,
}
