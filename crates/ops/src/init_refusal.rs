//! [`InitRefusal`]: why a repository is not given new identities.

use idhooks_core::config::{CONFIG_PATH, Strategy};
use idhooks_core::registry::{RepoPath, Scope, Timestamp};

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
    /// The clock's date does not fit into six digits.
    #[error("cannot determine today's date")]
    NoDate,
}
