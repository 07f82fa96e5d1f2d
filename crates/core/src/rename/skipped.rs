//! [`UncomparedFiles`]: files that were not compared because there are too many or they are too
//! large.

use crate::config::{RenameLimits, RenamePolicy};
use crate::registry::RepoPath;

use super::table::PathTable;

/// The deletions and additions that were not compared because there are too many or they are too
/// large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UncomparedFiles {
    /// The deletions that any of the additions may continue.
    pub deletions: Vec<RepoPath>,
    /// The additions that may continue any of the deletions.
    pub additions: Vec<RepoPath>,
    /// The limits that would be high enough to compare them; only those that are currently too low.
    pub needed: RenameLimits,
}

impl UncomparedFiles {
    /// Returns all files without a pair; `None` if there are not even two files to pair.
    pub(super) fn of(table: &PathTable<'_, '_>, policy: &RenamePolicy) -> Option<Self> {
        let (sources, additions) = table.unpaired_files()?;
        let mut needed = table.left();
        // The message should name only the limit that has to be raised.
        if needed.max_files <= policy.max_files {
            needed.max_files = 0;
        }
        if needed.max_bytes <= policy.max_bytes {
            needed.max_bytes = 0;
        }
        Some(UncomparedFiles {
            deletions: sources.iter().map(|n| table.sources[*n].path.clone()).collect(),
            additions: additions.iter().map(|n| table.additions[*n].path.clone()).collect(),
            needed,
        })
    }
}
