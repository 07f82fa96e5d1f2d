//! [`Diagnosis`]: the clone being diagnosed.

use std::path::Path;

use idhooks_repo::git::{Git, Installation, Repo, RepoDiagnostics};
use idhooks_repo::{state::CommitState, store::StateDir};

use crate::{OpsError, inspect_repository};

/// The clone being diagnosed.
pub struct Diagnosis {
    pub(super) git: Git,
    /// The repository.
    pub repo: Repo,
    pub(super) state: Installation,
    pub(super) diagnostics: RepoDiagnostics,
    /// The index or, in a bare repository, HEAD; `None` before the first commit.
    pub(super) view: Option<CommitState>,
}

impl Diagnosis {
    /// Reads the state of the clone that contains a directory.
    ///
    /// # Errors
    /// Returns an error if there is no repository, or if it cannot be read.
    pub fn read(dir: &Path) -> Result<Self, OpsError> {
        let (git, state) = inspect_repository(dir)?;
        // A diagnosis must not install or update anything.
        let repo = Repo::open_to_read(dir)?;
        let diagnostics = RepoDiagnostics::read(&git, &state.places, repo.environment())?;
        let view = match (&state.places.top, repo.head()?) {
            (Some(_), _) => Some(CommitState::of_index(&repo)?),
            (None, Some(head)) => Some(CommitState::of_commit(&repo, head)?),
            (None, None) => None,
        };
        Ok(Diagnosis { git, repo, state, diagnostics, view })
    }

    /// Returns the data directories of this clone and of this working tree.
    pub(super) fn state_dirs(&self) -> Vec<StateDir> {
        let mut dirs = vec![self.repo.state_dir(), self.repo.worktree_state_dir()];
        // In the main working tree, the two are the same directory.
        dirs.dedup_by_key(|dir| dir.path());
        dirs
    }

    /// Returns whether the repository has no working tree.
    pub(super) fn is_bare(&self) -> bool {
        self.state.places.top.is_none()
    }

    /// Returns whether the repository is adopted.
    pub(super) fn is_adopted(&self) -> bool {
        self.state.registry.anywhere() || self.view.as_ref().is_some_and(|view| view.is_adopted())
    }
}
