//! [`LegacySourceRefusal`]: why the records of a file cannot be migrated.

use std::path::PathBuf;

use idhooks_core::config::LegacyFormat;
use idhooks_core::registry::RepoPath;

use crate::{OpsError, PartRefusal};

/// Why the records of a file cannot be migrated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LegacySourceRefusal {
    /// It is a symbolic link, or else a directory.
    #[error(
        "'{}' is a {}, not a legacy file",
        .path.display(),
        if *.is_link { "symbolic link" } else { "directory" }
    )]
    NoFile {
        /// Its path as typed.
        path: PathBuf,
        /// Whether it is a symbolic link.
        is_link: bool,
    },
    /// It does not exist.
    #[error("there is no legacy file '{}'", .0.display())]
    Missing(PathBuf),
    /// Files of this format have no records.
    #[error("a legacy file in the format '{0}' has no records, so it cannot lead")]
    NoRecords(LegacyFormat),
    /// Its absolute path is not UTF-8.
    #[error("the path '{}' is not UTF-8", .0.display())]
    NameNotText(PathBuf),
    /// The path of the legacy file is not UTF-8.
    #[error("the path '{0}' is not UTF-8")]
    PathNotText(RepoPath),
    /// It is in a submodule.
    #[error("'{path}' is in the submodule '{directory}'")]
    InSubmodule {
        /// Its path.
        path: RepoPath,
        /// The submodule.
        directory: RepoPath,
    },
    /// A directory above it is a symbolic link.
    #[error("'{path}' is behind the symbolic link '{directory}', which git does not follow")]
    BehindLink {
        /// Its path.
        path: RepoPath,
        /// The link.
        directory: RepoPath,
    },
    /// It is not committed.
    #[error(
        "'{path}' is {}not committed",
        if *.is_ignored { "ignored by git, so it is " } else { "" }
    )]
    NotCommitted {
        /// Its path.
        path: RepoPath,
        /// Whether git ignores it.
        is_ignored: bool,
    },
    /// There is a registry, and this file has records, but no rules name it.
    #[error("this repository has a registry, and no legacy file is named")]
    NotNamed(RepoPath),
    /// No tracked file has records; the usual path has none, either.
    #[error("there is no '{0}', and records of identities were found in no other tracked file")]
    NotFound(RepoPath),
    /// Several tracked files have records.
    #[error("several tracked files have records of identities")]
    Several(Vec<RepoPath>),
    /// Another entry is at the path of a new legacy file.
    #[error("the legacy file would be '{0}', which exists")]
    PathTaken(RepoPath),
}

impl From<LegacySourceRefusal> for OpsError {
    fn from(refusal: LegacySourceRefusal) -> Self {
        OpsError::Part(PartRefusal::LegacySource(refusal))
    }
}
