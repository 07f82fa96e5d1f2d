//! [`LegacySourceRefusal`]: why a file's records cannot be migrated.

use std::path::PathBuf;

use idhooks_core::config::LegacyFormat;
use idhooks_core::registry::RepoPath;

use crate::{OpsError, PartRefusal};

/// Why a file's records cannot be migrated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LegacySourceRefusal {
    /// It is a symlink or a directory.
    #[error(
        "'{}' is a {}, not a legacy file",
        .path.display(),
        if *.is_link { "symbolic link" } else { "directory" }
    )]
    NoFile {
        /// The path as typed.
        path: PathBuf,
        /// Whether it is a symlink rather than a directory.
        is_link: bool,
    },
    /// The file does not exist.
    #[error("there is no legacy file '{}'", .0.display())]
    Missing(PathBuf),
    /// Files in this format have no records.
    #[error("a legacy file in the format '{0}' has no records, so it cannot lead")]
    NoRecords(LegacyFormat),
    /// The absolute path is not UTF-8.
    #[error("the path '{}' is not UTF-8", .0.display())]
    NameNotText(PathBuf),
    /// The legacy file's path is not UTF-8.
    #[error("the path '{0}' is not UTF-8")]
    PathNotText(RepoPath),
    /// The file is in a submodule.
    #[error("'{path}' is in the submodule '{directory}'")]
    InSubmodule {
        /// The file's path.
        path: RepoPath,
        /// The submodule.
        directory: RepoPath,
    },
    /// A directory above the file is a symlink.
    #[error("'{path}' is behind the symbolic link '{directory}', which git does not follow")]
    BehindLink {
        /// The file's path.
        path: RepoPath,
        /// The link.
        directory: RepoPath,
    },
    /// The file is not committed.
    #[error(
        "'{path}' is {}not committed",
        if *.is_ignored { "ignored by git, so it is " } else { "" }
    )]
    NotCommitted {
        /// The file's path.
        path: RepoPath,
        /// Whether git ignores the file.
        is_ignored: bool,
    },
    /// There is a registry, and this file has records, but the rules do not name the file.
    #[error("this repository has a registry, and no legacy file is named")]
    NotNamed(RepoPath),
    /// There is no file at the usual path, and no tracked file has records.
    #[error("there is no '{0}', and records of identities were found in no other tracked file")]
    NotFound(RepoPath),
    /// Several tracked files have records.
    #[error("several tracked files have records of identities")]
    Several(Vec<RepoPath>),
    /// Something already exists at the path for a new legacy file.
    #[error("the legacy file would be '{0}', which exists")]
    PathTaken(RepoPath),
}

impl From<LegacySourceRefusal> for OpsError {
    fn from(refusal: LegacySourceRefusal) -> Self {
        OpsError::Part(PartRefusal::LegacySource(refusal))
    }
}
