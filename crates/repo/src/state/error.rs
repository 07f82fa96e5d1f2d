//! [`StateError`]: the reason that a state cannot be read, planned or applied.

use idhooks_core::check::Finding;
use idhooks_core::config::ConfigError;
use idhooks_core::merge::MergeError;
use idhooks_core::plan::PlanError;
use idhooks_core::registry::{REGISTRY_PATH, ReadError, RepoPath};

use crate::git::{CommitId, GitError};
use crate::state::registry_findings::corrupt;
use crate::store::StoreError;

/// An error while reading, planning or applying a state.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A git operation failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file operation failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// `idhooks.toml` is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A registry cannot be read.
    #[error("cannot read '{REGISTRY_PATH}': {0}")]
    Registry(#[from] ReadError),
    /// Registries cannot be merged.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// A counter has reached its maximum.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The index contains a symlink in place of the registry or its directory.
    #[error(
        "'{path}' is a symbolic link in the index: idhooks does not follow links inside a repository"
    )]
    StagedLink {
        /// The symlink's path.
        path: RepoPath,
        /// The last commit with a registry.
        last: Option<CommitId>,
    },
    /// Another command has changed the index since it was read.
    #[error("another command has changed the index in the meantime")]
    IndexMoved,
}

/// Returns `None` if a registry cannot be read, and passes on other errors.
///
/// # Errors
/// Returns any other error.
pub(crate) fn if_readable<T>(result: Result<T, StateError>) -> Result<Option<T>, StateError> {
    match result {
        Err(StateError::Registry(_)) => Ok(None),
        result => result.map(Some),
    }
}

/// Returns `None` if registries cannot be merged, planned or read, and passes on other errors.
///
/// # Errors
/// Returns any other error.
pub(crate) fn if_plannable<T>(result: Result<T, StateError>) -> Result<Option<T>, StateError> {
    match result {
        Err(StateError::Merge(_) | StateError::Plan(_)) => Ok(None),
        result => if_readable(result),
    }
}

impl StateError {
    /// Returns the findings, if the error is about the registry itself.
    pub fn findings(&self) -> Vec<Finding> {
        match self {
            StateError::Registry(error) => corrupt(error),
            _ => Vec::new(),
        }
    }
}
