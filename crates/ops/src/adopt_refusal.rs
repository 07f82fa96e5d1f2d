//! [`AdoptRefusal`]: why a repository is not adopted.

use idhooks_core::config::{CONFIG_PATH, Strategy};
use idhooks_core::registry::{REGISTRY_PATH, RepoPath, Scope, Timestamp};

/// Why a repository is not adopted. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdoptRefusal {
    /// A merge is in progress.
    #[error("cannot adopt during a merge")]
    Merging,
    /// Something else is where a file of idhooks or its directory should be.
    #[error("cannot adopt: '{0}' {1}")]
    Odd(RepoPath, PathObstacle),
    /// Another branch has a registry.
    #[error("'{name}' already has a registry; two separate adoptions can never be merged")]
    OtherBranch {
        /// The name of the branch.
        name: String,
        /// How to get its registry, if that is known.
        how: Option<String>,
        /// Whether the caller may adopt anyway.
        can_force: bool,
    },
    /// This clone has backups of a registry; the last is of this time.
    #[error(
        "this clone has backups of a registry, the last of {0}, whose identities would be lost"
    )]
    Backups(Timestamp),
    /// A tracked file has identities of another program: its path, and the number of records if it can be
    /// read.
    #[error("'{0}' has identities of another program, which would be lost")]
    OtherProgram(RepoPath, Option<usize>),
    /// An untracked registry exists.
    #[error("'{REGISTRY_PATH}' exists, but is not tracked")]
    UntrackedRegistry,
    /// The rules have another strategy: theirs, and the one that was asked for.
    #[error("{CONFIG_PATH} sets strategy {0}, not {1}")]
    OtherStrategy(Strategy, Strategy),
    /// The rules have another scope: theirs, and the one that was asked for.
    #[error("{CONFIG_PATH} sets scope {0}, not {1}")]
    OtherScope(Scope, Scope),
    /// The rules are not UTF-8 text.
    #[error("'{CONFIG_PATH}' is not UTF-8 text")]
    ConfigNotText,
    /// The clock has no date of six digits.
    #[error("cannot determine today's date")]
    NoDate,
}

/// What is in the way of a file of idhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathObstacle {
    /// The index has a link or a submodule there.
    #[error("in the index is not a regular file")]
    IndexedSpecial,
    /// The index has a directory there.
    #[error("in the index is a directory")]
    IndexedDirectory,
    /// The index has a file in place of the directory.
    #[error("in the index is not a directory")]
    IndexedFile,
    /// The working tree has something else there.
    #[error("is not a regular file")]
    Special,
    /// The working tree has something else in place of the directory.
    #[error("is not a directory")]
    File,
}
