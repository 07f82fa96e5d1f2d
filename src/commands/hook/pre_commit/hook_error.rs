//! [`HookError`]: why a commit cannot be checked or completed.

use idhooks_repo::git::GitError;
use idhooks_repo::state::StateError;

use crate::error::CommandError;

/// Why a commit cannot be checked or completed.
pub(super) enum HookError {
    /// It cannot be read or planned.
    State(StateError),
    /// The linter has no valid rules.
    Lint(CommandError),
}

impl From<StateError> for HookError {
    fn from(error: StateError) -> Self {
        HookError::State(error)
    }
}

impl From<GitError> for HookError {
    fn from(error: GitError) -> Self {
        HookError::State(error.into())
    }
}

impl From<HookError> for CommandError {
    fn from(error: HookError) -> Self {
        match error {
            HookError::State(error) => error.into(),
            HookError::Lint(error) => error,
        }
    }
}
