//! [`LeftPath`]: a path that a file no longer has.

use super::{Origin, RepoPath};

/// A path that a record had in some commit and has left since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftPath {
    /// The path.
    pub path: RepoPath,
    /// The record's origin.
    pub origin: Origin,
    /// The date of the commit in which the record left the path for the last time, in seconds since
    /// the Unix epoch: the committer date, but later than that of all ancestors.
    pub date: i64,
}
