//! [`RenameRefusal`]: why files are not renamed.

use std::path::PathBuf;

use idhooks_core::check::count;
use idhooks_core::registry::{Id, RepoPath, TextError};
use idhooks_references::{DoubtfulReference, NameRefusal};

/// Why files are not renamed. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenameRefusal {
    /// A row of a batch has no path.
    #[error("the path is missing")]
    NoPath,
    /// It is a directory.
    #[error("'{}' is a directory; name files", .0.display())]
    Directory(PathBuf),
    /// It is not in the index, which may have a similar path.
    #[error("'{0}' is not in the index")]
    NotInIndex(RepoPath, Option<String>),
    /// It has no identity.
    #[error("'{0}' has no identity yet")]
    NoIdentity(RepoPath),
    /// A batch gives something other than an identity for it.
    #[error(transparent)]
    NotAnId(TextError),
    /// It has another identity than a batch says.
    #[error("'{path}' has the identity {own}, not {meant}")]
    OtherIdentity {
        /// Its path.
        path: RepoPath,
        /// Its identity.
        own: Id,
        /// The identity in the batch.
        meant: Id,
    },
    /// It must keep its name.
    #[error(transparent)]
    Name(#[from] NameRefusal),
    /// The new name is not valid.
    #[error(transparent)]
    NotAName(#[from] TextError),
    /// The working tree has no such file.
    #[error("'{0}' is not a file in the working tree")]
    NoFile(RepoPath),
    /// Another file has the new name, or would get it.
    #[error("cannot rename '{from}' to '{to}': that name is taken")]
    Taken {
        /// The path.
        from: RepoPath,
        /// The new path.
        to: RepoPath,
    },
    /// The rules exclude the new path.
    #[error("the rules exclude '{0}'")]
    Excluded(RepoPath),
    /// The rules select no file to rename.
    #[error("no [[file_names]] rule of idhooks.toml selects a file")]
    NothingSelected,
    /// A file would have to be changed, but is only in the index.
    #[error("'{0}' refers to renamed files, but is not in the working tree")]
    NotInWorkingTree(RepoPath),
    /// These imports may mean a file that is renamed, or another one.
    #[error("{} ambiguous; nothing was renamed", count(.0.len(), "import is", "imports are"))]
    Ambiguous(Vec<(RepoPath, DoubtfulReference)>),
}
