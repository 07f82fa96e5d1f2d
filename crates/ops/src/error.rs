//! [`OpsError`]: why a use case failed.

use std::path::PathBuf;

use idhooks_core::check::{Code, Finding, count};
use idhooks_core::registry::{REGISTRY_PATH, RepoPath};
use idhooks_repo::git::{GitError, GitErrorKind, OpenError};
use idhooks_repo::state::StateError;
use idhooks_repo::store::journal::Moved;
use idhooks_repo::store::{LockError, StoreError};
use idhooks_repo::system::SystemError;

use super::units::UnitRefusal;
use super::{
    AddRefusal, AdoptionRefusal, AllocateRefusal, AssignRefusal, BackupRefusal, BaselineRefusal,
    CheckRefusal, CiInitRefusal, CiRefusal, GenerateRefusal, HealRefusal, InitRefusal,
    InstallRefusal, LinkRefusal, LookUpError, MoveRefusal, NoAuditFile, NoHolder, OutputRefusal,
    PartRefusal, PatchRefusal, PathError, ReceiveRefusal, ReconcileRefusal, RedirectRefusal,
    RefsRefusal, RenameRefusal, ReportRefusal, ResolveRefusal, RevisionError, RewriteRefusal,
    SourceError, SubjectError, UndoRefusal,
};
use crate::lifecycle::LifecycleRefusal;

/// Why a use case failed. Nothing was changed unless a variant says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum OpsError {
    /// The repository cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The state of the repository cannot be read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A system program cannot be started.
    #[error(transparent)]
    System(#[from] SystemError),
    /// Another command has held a lock for too long.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// An argument names no record.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// An argument is not the path of a file in the repository.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The repository cannot be adopted with these records.
    #[error(transparent)]
    Adoption(#[from] AdoptionRefusal),
    /// The repository cannot be given new identities.
    #[error(transparent)]
    Init(#[from] InitRefusal),
    /// Nothing can be installed in a clone, or removed from it.
    #[error(transparent)]
    Install(Box<InstallRefusal>),
    /// The records in a file cannot be imported.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file cannot be given a new identity.
    #[error(transparent)]
    Allocate(#[from] AllocateRefusal),
    /// An identity cannot be assigned to a file.
    #[error(transparent)]
    Assign(#[from] AssignRefusal),
    /// An argument names no record that has a file.
    #[error(transparent)]
    NoHolder(#[from] NoHolder),
    /// An audit log file does not exist.
    #[error(transparent)]
    AuditFile(#[from] NoAuditFile),
    /// Backups cannot be made, pushed or restored.
    #[error(transparent)]
    Backup(#[from] BackupRefusal),
    /// A baseline cannot be used.
    #[error(transparent)]
    Baseline(#[from] BaselineRefusal),
    /// A refusal from an optional part of the program.
    #[error(transparent)]
    Part(#[from] PartRefusal),
    /// Something, such as a configuration key, needs a feature that this build does not have.
    #[error("{needed_by} needs the feature '{feature}', which this build of idhooks does not have")]
    MissingFeature {
        /// The feature.
        feature: &'static str,
        /// What needs the feature.
        needed_by: String,
    },
    /// A change cannot be checked or healed in CI.
    #[error(transparent)]
    Ci(#[from] CiRefusal),
    /// The CI configuration cannot be written.
    #[error(transparent)]
    CiInit(#[from] CiInitRefusal),
    /// The index or a commit cannot be checked.
    #[error(transparent)]
    Check(#[from] CheckRefusal),
    /// A file or a directory cannot be moved.
    #[error(transparent)]
    Move(#[from] MoveRefusal),
    /// The move of a file or a directory cannot be reported.
    #[error(transparent)]
    Report(#[from] ReportRefusal),
    /// Nothing is generated.
    #[error(transparent)]
    Generate(#[from] GenerateRefusal),
    /// A patch cannot be undone.
    #[error(transparent)]
    Patch(#[from] PatchRefusal),
    /// A file cannot be written to the place that the user chose.
    #[error(transparent)]
    Output(#[from] OutputRefusal),
    /// A revision, or its registry, cannot be read.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// A record or its history cannot be shown.
    #[error(transparent)]
    LookUp(Box<LookUpError>),
    /// There is no link to a file.
    #[error(transparent)]
    Link(#[from] LinkRefusal),
    /// The references in a file cannot be listed.
    #[error(transparent)]
    Refs(#[from] RefsRefusal),
    /// A reference cannot be written.
    #[error(transparent)]
    AddReference(#[from] AddRefusal),
    /// There are no redirects.
    #[error(transparent)]
    Redirect(#[from] RedirectRefusal),
    /// A push cannot be checked.
    #[error(transparent)]
    Receive(#[from] ReceiveRefusal),
    /// The index cannot be healed.
    #[error(transparent)]
    Reconcile(#[from] ReconcileRefusal),
    /// Files cannot be renamed.
    #[error(transparent)]
    Rename(#[from] RenameRefusal),
    /// A unit's files cannot be written.
    #[error(transparent)]
    Unit(#[from] UnitRefusal),
    /// A run cannot be undone.
    #[error(transparent)]
    Undo(#[from] UndoRefusal),
    /// A registry cannot be resolved.
    #[error(transparent)]
    Resolve(Box<ResolveRefusal>),
    /// A service clone's branch cannot be healed.
    #[error(transparent)]
    Heal(#[from] HealRefusal),
    /// Commits cannot be rewritten.
    #[error(transparent)]
    Rewrite(#[from] RewriteRefusal),
    /// A record cannot be changed this way.
    #[error(transparent)]
    Lifecycle(#[from] LifecycleRefusal),
    /// The working tree has no registry, but the index has one.
    #[error("the working tree has no '{REGISTRY_PATH}'")]
    NoWorkingRegistry,
    /// The index has no registry. The message says how to create or restore one.
    #[error("this repository is not adopted: the index has no registry")]
    NotAdopted(String),
    /// The registry has unresolved merge conflicts.
    #[error("{}", .0.message)]
    UnmergedRegistry(Box<Finding>),
    /// The registry in the index has this fault.
    #[error("the registry in the index must be fixed first")]
    FaultyRegistry(Box<Finding>),
    /// A file is not in the index; holds its path, and the path as typed.
    #[error("'{0}' is not in the index")]
    NotInIndex(RepoPath, PathBuf),
    /// The rules do not track a file.
    #[error("'{0}' is not tracked by the rules")]
    NotTracked(RepoPath),
    /// A path has unresolved merge conflicts.
    #[error("'{0}' is not merged yet")]
    Unmerged(RepoPath),
    /// An earlier run was interrupted; holds its command line without `idhooks`, and how many files
    /// it changes.
    #[error("'idhooks {what}' was interrupted ({files} {})", if *.files == 1 { "file" } else { "files" })]
    Interrupted {
        /// The command line.
        what: String,
        /// The number of files that the run changes.
        files: usize,
    },
    /// git refuses to move a file.
    #[error("cannot move '{}' to '{}'", .moved.from, .moved.to)]
    NotMoved {
        /// The move.
        moved: Moved,
        /// Why git refuses.
        error: GitError,
    },
    /// Files would be renamed, but this many places may refer to them. Findings with these codes
    /// should be fixed first.
    #[error(
        "{} may refer to a file that would be renamed; nothing was changed",
        count(*.places, "place", "places")
    )]
    Doubtful {
        /// The number of places.
        places: usize,
        /// The codes; empty means all.
        codes: Vec<Code>,
    },
    /// A counter has no free number left.
    #[error("{}", .0.message)]
    CounterFull(Box<Finding>),
}

// Boxed, like the two errors below, because every result is as large as the largest variant.
impl From<InstallRefusal> for OpsError {
    fn from(refusal: InstallRefusal) -> Self {
        OpsError::Install(Box::new(refusal))
    }
}

impl From<LookUpError> for OpsError {
    fn from(error: LookUpError) -> Self {
        OpsError::LookUp(Box::new(error))
    }
}

impl From<ResolveRefusal> for OpsError {
    fn from(refusal: ResolveRefusal) -> Self {
        OpsError::Resolve(Box::new(refusal))
    }
}

impl OpsError {
    /// Returns the cause of the failure if the error's own message does not include it.
    pub fn cause(&self) -> Option<String> {
        match self {
            OpsError::FaultyRegistry(finding) => Some(finding.message.clone()),
            OpsError::NotMoved { error, .. } => Some(error.first_line().to_string()),
            OpsError::Revision(error) => error.cause(),
            OpsError::LookUp(error) => error.cause(),
            _ => None,
        }
    }

    /// Returns whether a retry may succeed because the failure was caused by another git process.
    pub fn is_transient(&self) -> bool {
        match self {
            OpsError::State(StateError::IndexMoved) => true,
            OpsError::Git(error) | OpsError::State(StateError::Git(error)) => {
                error.kind() == GitErrorKind::Locked
            }
            _ => false,
        }
    }
}
