//! [`ReceiveRefusal`]: why a push cannot be checked.

use idhooks_core::registry::excerpt;
use idhooks_repo::git::CommitId;

/// Why a push cannot be checked and is therefore rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiveRefusal {
    /// A protected branch would point to something other than a commit.
    #[error("'{}' would point to {}, which is not a commit", excerpt(.name), excerpt(.target))]
    NotACommit {
        /// The branch's full name.
        name: String,
        /// The object that the branch would point to.
        target: String,
    },
    /// A pattern for protected branches is not valid.
    #[error("'{word}' is not a pattern for branches")]
    Pattern {
        /// The pattern.
        word: String,
        /// The problem.
        error: globset::Error,
    },
    /// A commit has more than this many files and directories.
    #[error("commit {} has more than {} files and directories", .0.short(), .1)]
    ManyFiles(CommitId, u64),
    /// The paths in a commit add up to more than this many bytes.
    #[error("commit {} has more than {} bytes of paths", .0.short(), .1)]
    LongPaths(CommitId, u64),
    /// A registry is larger than the server allows.
    #[error("the registry of commit {} has {size} bytes, more than {most}", .commit.short())]
    LargeRegistry {
        /// The commit.
        commit: CommitId,
        /// The size in bytes.
        size: u64,
        /// The limit in bytes.
        most: u64,
    },
    /// A large registry is much longer than its canonical form.
    #[error("the registry of commit {} has {size} bytes, {canonical} in canonical form", .commit.short())]
    PaddedRegistry {
        /// The commit.
        commit: CommitId,
        /// The size in bytes.
        size: u64,
        /// The size of the registry's canonical form in bytes.
        canonical: u64,
        /// The commit that precedes the pushed commits, if there is one.
        base: Option<CommitId>,
    },
}
