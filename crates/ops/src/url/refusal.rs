//! [`LinkRefusal`]: why there is no link to a file.

use idhooks_core::registry::Id;
use idhooks_references::NoForge;
use idhooks_repo::git::CommitId;
use idhooks_repo::history::MissingObjects;

/// Why there is no link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    /// There is no remote.
    #[error("cannot tell where the files are shown: this clone has no remote")]
    NoRemote,
    /// A remote has no URL.
    #[error("cannot tell where the files are shown: the remote '{0}' has no URL")]
    NoUrl(String),
    /// There are several remotes, and nothing says which one counts.
    #[error("cannot tell where the files are shown: this clone has several remotes ({})", .0.join(", "))]
    SeveralRemotes(Vec<String>),
    /// A remote is not on a known forge.
    #[error("cannot tell where the files are shown: the remote '{remote}' {fault}")]
    Remote {
        /// The remote.
        remote: String,
        /// Why its URL leads to no page.
        fault: NoForge,
    },
    /// The repository in the rules is not on a known forge.
    #[error("cannot tell where the files are shown: the repository in [links] {0}")]
    Repository(NoForge),
    /// The remote has no commit in HEAD's history, as far as this clone knows.
    #[error("no commit in the history of HEAD is known to be on '{0}'")]
    NothingPushed(String),
    /// HEAD has no commit.
    #[error("there is no commit yet, so there is nothing to link to")]
    NoCommit,
    /// The file is not in the commit.
    #[error("{id} has no file in {}", commit.short())]
    NoFile {
        /// The identity.
        id: Id,
        /// The commit.
        commit: CommitId,
    },
    /// The record that a superseded one names does not exist, or leads back to it.
    #[error("{id} is superseded by {next}, which leads to no file")]
    NoSuccessor {
        /// The identity.
        id: Id,
        /// The identity that its record names.
        next: Id,
    },
    /// The last version of a deprecated file was not found.
    #[error(
        "{id} is deprecated, and no version of its file was found in the history of {}{}",
        tip.short(),
        missing.map(|missing| format!(": {}", missing.what())).unwrap_or_default()
    )]
    NoLastVersion {
        /// The identity.
        id: Id,
        /// The commit whose history was searched.
        tip: CommitId,
        /// What this clone lacks of that history.
        missing: Option<MissingObjects>,
    },
}
