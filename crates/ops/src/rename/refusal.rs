//! [`RenameRefusal`]: why files cannot be renamed.

use std::path::PathBuf;

use idhooks_core::check::count;
use idhooks_core::registry::{Id, RepoPath, TextError};
use idhooks_references::{DoubtfulReference, NameRefusal};

/// Why files cannot be renamed. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenameRefusal {
    /// A row in a batch has no path.
    #[error("the path is missing")]
    NoPath,
    /// The path is a directory.
    #[error("'{}' is a directory; name files", .0.display())]
    Directory(PathBuf),
    /// The path is not in the index; holds a similar path, if there is one.
    #[error("'{0}' is not in the index")]
    NotInIndex(RepoPath, Option<String>),
    /// The file has no identity.
    #[error("'{0}' has no identity yet")]
    NoIdentity(RepoPath),
    /// A batch gives something other than an identity for this file.
    #[error(transparent)]
    NotAnId(TextError),
    /// The file's identity differs from the one in a batch.
    #[error("'{path}' has the identity {own}, not {meant}")]
    OtherIdentity {
        /// The file's path.
        path: RepoPath,
        /// The file's identity.
        own: Id,
        /// The identity in the batch.
        meant: Id,
    },
    /// The file must keep its name.
    #[error(transparent)]
    Name(#[from] NameRefusal),
    /// The new name is not valid.
    #[error(transparent)]
    NotAName(#[from] TextError),
    /// The working tree has no such file.
    #[error("'{0}' is not a file in the working tree")]
    NoFile(RepoPath),
    /// Another file already has the new name, or would get it as well.
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
    /// A file that would have to be changed is in the index but not in the working tree.
    #[error("'{0}' refers to renamed files, but is not in the working tree")]
    NotInWorkingTree(RepoPath),
    /// These imports may refer to a renamed file or to a different one.
    #[error("{} ambiguous; nothing was renamed", count(.0.len(), "import is", "imports are"))]
    Ambiguous(Vec<(RepoPath, DoubtfulReference)>),
}
