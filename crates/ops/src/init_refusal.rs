//! [`InitRefusal`]: why a repository is not given new identities.

use idhooks_core::config::{CONFIG_PATH, Strategy};
use idhooks_core::registry::{RepoPath, Scope, Timestamp};
use idhooks_repo::git::CommitId;

/// Why a repository is not given new identities. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InitRefusal {
    /// This clone has backups of a registry; holds the time of the latest one.
    #[error(
        "this clone has backups of a registry, the last of {0}, whose identities would be lost"
    )]
    Backups(Timestamp),
    /// A tracked file holds another program's identities: its path, and the number of records if
    /// the file can be read.
    #[error("'{0}' has identities of another program, which would be lost")]
    OtherProgram(RepoPath, Option<usize>),
    /// The strategy in the rules is not the requested one; holds both.
    #[error("{CONFIG_PATH} sets strategy {0}, not {1}")]
    OtherStrategy(Strategy, Strategy),
    /// The scope in the rules is not the requested one; holds both.
    #[error("{CONFIG_PATH} sets scope {0}, not {1}")]
    OtherScope(Scope, Scope),
    /// The history of HEAD has a registry with this scope, up to this commit.
    #[error("the history of HEAD has identities with scope {scope}, until {}", .from.short())]
    Former {
        /// The last commit that has a registry.
        from: CommitId,
        /// The scope of its identities.
        scope: Scope,
    },
    /// The history of HEAD has a registry that cannot be read, up to this commit.
    #[error("the history of HEAD has a registry, until {}, from which nothing can be resumed", .0.short())]
    NotResumable(CommitId),
    /// The clock's date does not fit into six digits.
    #[error("cannot determine today's date")]
    NoDate,
}
