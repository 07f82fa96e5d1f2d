//! [`RollbackRefusal`]: why migration steps cannot be undone.

use idhooks_core::config::MigrationPhase;
use idhooks_core::registry::RepoPath;
use idhooks_repo::git::CommitId;

use crate::{OpsError, PartRefusal};

/// Why migration steps cannot be undone. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RollbackRefusal {
    /// No step has been made.
    #[error("there is nothing to roll back: the migration is in the phase 'off'")]
    NothingToUndo,
    /// The migration is in this phase, which is not later than the phase to go back to.
    #[error("the migration is in the phase '{0}'")]
    InPhase(MigrationPhase),
    /// No step led to this phase.
    #[error("no commit of 'idhooks migrate' made the phase '{0}'")]
    NoStep(MigrationPhase),
    /// The step's commit has no parent.
    #[error("commit {} has no parent to go back to", .0.short())]
    NoParent(CommitId),
    /// Other commits have changed files that the step to this phase also changed.
    #[error("other commits changed files of the step to '{0}'")]
    StepChanged(MigrationPhase, LaterChanges),
    /// Other commits have changed the legacy file with this path.
    #[error("other commits changed the legacy file '{0}'")]
    LegacyChanged(RepoPath, LaterChanges),
    /// A legacy file that the last step removed has come back.
    #[error("'{path}' came back after it was removed")]
    CameBack {
        /// The path.
        path: RepoPath,
        /// Whether the file is committed.
        is_committed: bool,
    },
}

/// Changes made by other commits since a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaterChanges {
    /// The changes.
    pub changes: Vec<LaterChange>,
    /// The migration's phase.
    pub phase: MigrationPhase,
    /// The commit that has the files' earlier versions.
    pub since: CommitId,
    /// The files that other commits changed.
    pub paths: Vec<RepoPath>,
}

/// A change to a file since a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LaterChange {
    /// The file, if no commit contains the change.
    File(RepoPath),
    /// The file, and a commit that changed it, with the first line of its message.
    Commit(RepoPath, CommitId, String),
    /// The file, and the number of earlier commits that changed it.
    More(RepoPath, usize),
}

impl From<RollbackRefusal> for OpsError {
    fn from(refusal: RollbackRefusal) -> Self {
        OpsError::Part(PartRefusal::Rollback(refusal))
    }
}
