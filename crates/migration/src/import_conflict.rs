//! [`ImportConflict`]: the reason a record from another registry cannot be imported.

use idhooks_core::plan::AmbiguousImport;
use idhooks_core::plan::second_id::SecondIdConflict;
use idhooks_core::registry::{Id, RepoPath};

/// The reason a record from another registry cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportConflict {
    /// The registry has this allocation under a different identity, which is the second value.
    #[error("{0} is an allocation that already exists here, as {1}")]
    OtherId(Id, Id),
    /// The identity already belongs to another record.
    #[error("{id} is the identity of '{path}' here, and of '{other}' in the import")]
    TakenId {
        /// The identity.
        id: Id,
        /// The path of its record here.
        path: RepoPath,
        /// The path of the imported record.
        other: RepoPath,
    },
    /// The identity is reserved.
    #[error("{0} is reserved here")]
    Reserved(Id),
    /// The configuration does not list the identity's scope.
    #[error("{0} has scope {scope}, which is not in legacy_scopes", scope = .0.scope())]
    ForeignScope(Id),
    /// The file already has an identity.
    #[error("{id} belongs to '{path}', which has {holder} here")]
    FileHasOther {
        /// The imported identity.
        id: Id,
        /// The path.
        path: RepoPath,
        /// The file's identity.
        holder: Id,
    },
    /// The configuration does not track the record's path.
    #[error("the file of {0} is not tracked: '{1}'")]
    Untracked(Id, RepoPath),
    /// Another record has the second identity.
    #[error("{doc_id} of {id} belongs to '{path}' here ({holder})")]
    TakenDocId {
        /// The second identity.
        doc_id: String,
        /// The imported identity.
        id: Id,
        /// The other record's path.
        path: RepoPath,
        /// The other record's identity.
        holder: Id,
    },
    /// The second identity cannot be taken.
    #[error(transparent)]
    SecondId(#[from] SecondIdConflict),
    /// The record may belong to any of several files.
    #[error("{0}")]
    Unclear(AmbiguousImport),
}

impl ImportConflict {
    /// Returns the identity that cannot be taken.
    pub fn id(&self) -> Id {
        match self {
            ImportConflict::OtherId(id, _)
            | ImportConflict::Reserved(id)
            | ImportConflict::ForeignScope(id)
            | ImportConflict::TakenId { id, .. }
            | ImportConflict::FileHasOther { id, .. }
            | ImportConflict::Untracked(id, _)
            | ImportConflict::TakenDocId { id, .. } => *id,
            ImportConflict::SecondId(conflict) => conflict.id(),
            ImportConflict::Unclear(file) => file.id,
        }
    }
}
