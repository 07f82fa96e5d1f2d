//! [`ImportConflict`]: why a record of another registry cannot be taken.

use idhooks_core::plan::UnclearFile;
use idhooks_core::plan::second_id::SecondIdConflict;
use idhooks_core::registry::{Id, RepoPath};

/// Why a record of another registry cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportConflict {
    /// The registry has this allocation with another identity, the second one.
    #[error("{0} is an allocation that already exists here, as {1}")]
    OtherId(Id, Id),
    /// The identity belongs to the record of this path.
    #[error("{0} is the identity of '{1}' here")]
    TakenId(Id, RepoPath),
    /// The identity is reserved.
    #[error("{0} is reserved here")]
    Reserved(Id),
    /// The configuration does not know the scope of the identity.
    #[error("{0} has scope {scope}, which is not in legacy_scopes", scope = .0.scope())]
    ForeignScope(Id),
    /// The file has an identity.
    #[error("{id} belongs to '{path}', which has {holder} here")]
    FileHasOther {
        /// The imported identity.
        id: Id,
        /// The path.
        path: RepoPath,
        /// The identity of the file.
        holder: Id,
    },
    /// The configuration does not track the path of the record.
    #[error("the file of {0} is not tracked: '{1}'")]
    Untracked(Id, RepoPath),
    /// Another record has the second identity.
    #[error("{doc_id} of {id} belongs to '{path}' here ({holder})")]
    TakenDocId {
        /// The second identity.
        doc_id: String,
        /// The imported identity.
        id: Id,
        /// The path of the other record.
        path: RepoPath,
        /// The identity of the other record.
        holder: Id,
    },
    /// The second identity cannot be taken.
    #[error(transparent)]
    SecondId(#[from] SecondIdConflict),
    /// The file may be one of several.
    #[error("{0}")]
    Unclear(UnclearFile),
}

impl ImportConflict {
    /// Returns the identity that cannot be taken.
    pub fn id(&self) -> Id {
        match self {
            ImportConflict::OtherId(id, _)
            | ImportConflict::TakenId(id, _)
            | ImportConflict::Reserved(id)
            | ImportConflict::ForeignScope(id)
            | ImportConflict::FileHasOther { id, .. }
            | ImportConflict::Untracked(id, _)
            | ImportConflict::TakenDocId { id, .. } => *id,
            ImportConflict::SecondId(conflict) => conflict.id(),
            ImportConflict::Unclear(file) => file.id,
        }
    }
}
