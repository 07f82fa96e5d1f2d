//! [`CheckRefusal`]: why a check is refused.

/// Why a check is refused.
#[derive(Debug, thiserror::Error)]
pub enum CheckRefusal {
    /// The branch does not exist.
    #[error("cannot find a branch '{0}'")]
    NoBranch(String),
    /// No commit in this history, described in words, has a registry.
    #[error("cannot find a registry in {0}")]
    NoRegistry(String),
    /// A git option that does not name commits, and the options that do.
    #[error("'{0}' names no commits")]
    NoRevision(String, &'static [&'static str]),
}
