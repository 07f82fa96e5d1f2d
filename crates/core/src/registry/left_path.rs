//! [`LeftPath`]: a path that a file no longer has.

use super::{Origin, RepoPath};

/// A path that an active record had in some commit and has lost since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftPath {
    /// The path.
    pub path: RepoPath,
    /// The record's origin.
    pub origin: Origin,
    /// The date of the last commit in which the record had the path, in seconds since the Unix
    /// epoch: the committer date, but later than that of all ancestors.
    pub last_had: i64,
}
