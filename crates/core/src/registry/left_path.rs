//! [`LeftPath`]: a path that a file no longer has, and [`Leaving`]: when it left it.

use super::{Origin, RepoPath};

/// A path that a record had in some commit and has left since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftPath {
    /// The path.
    pub path: RepoPath,
    /// The record's origin.
    pub origin: Origin,
    /// When the record left the path for the last time.
    pub left: Leaving,
}

/// A commit in which a record left a path, ordered by how much it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leaving {
    /// Whether the commit itself made the change. A merge may have taken it from one of its parents,
    /// so it counts only if no other commit did.
    pub is_own: bool,
    /// The commit's date, in seconds since the Unix epoch: the committer date, but later than that of
    /// all ancestors.
    pub date: i64,
}

impl Leaving {
    /// That of a path that no commit of a history shows.
    pub const UNKNOWN: Leaving = Leaving { is_own: false, date: i64::MIN };
}
