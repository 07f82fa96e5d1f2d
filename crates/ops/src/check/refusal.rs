//! [`CheckRefusal`]: why a check is refused.

/// Why a check is refused.
#[derive(Debug, thiserror::Error)]
pub enum CheckRefusal {
    /// The branch does not exist.
    #[error("cannot find a branch '{0}'")]
    NoBranch(String),
    /// No commit in the history has a registry; holds a human-readable description of the history.
    #[error("cannot find a registry in {0}")]
    NoRegistry(String),
    /// A git option does not name commits; also holds the options that do.
    #[error("'{0}' names no commits")]
    NoRevision(String, &'static [&'static str]),
}
