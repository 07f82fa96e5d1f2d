//! [`DescribeRefusal`]: why files cannot be described.

use std::ffi::OsString;

use idhooks_core::registry::RepoPath;

use crate::{OpsError, PartRefusal};

/// Why files cannot be described, or their descriptions cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescribeRefusal {
    /// An argument matches no file and no record.
    #[error("cannot find a Python file or an identity '{}'", .0.to_string_lossy())]
    NotFound(OsString),
    /// A path is not a regular file.
    #[error("'{0}' is not a regular file")]
    NotRegular(RepoPath),
    /// The rules do not include this file.
    #[error("[describe] does not name '{0}'")]
    NotNamed(RepoPath),
    /// The rules neither store facts nor write descriptors.
    #[error("idhooks.toml says nothing to write")]
    NothingKept,
    /// Something else exists at the path of the descriptor directory.
    #[error("'{path}' is not a directory, and descriptors belong into '{output}'")]
    NotADirectory {
        /// What exists there instead.
        path: RepoPath,
        /// The directory.
        output: RepoPath,
    },
}

impl From<DescribeRefusal> for OpsError {
    fn from(refusal: DescribeRefusal) -> Self {
        OpsError::Part(PartRefusal::Describe(refusal))
    }
}
