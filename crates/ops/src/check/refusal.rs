//! [`CheckRefusal`]: why nothing is checked.

/// Why nothing is checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckRefusal {
    /// There is no such branch.
    #[error("cannot find a branch '{0}'")]
    NoBranch(String),
    /// No commit of this history, which is given in words, has a registry.
    #[error("cannot find a registry in {0}")]
    NoRegistry(String),
    /// An option of git that does not name commits, and the options that do.
    #[error("'{0}' names no commits")]
    NoRevision(String, &'static [&'static str]),
}
