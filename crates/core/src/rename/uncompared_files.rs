//! [`UncomparedFiles`]: files that were not compared because there are too many of them or they are
//! too large.

use crate::config::{RenameLimits, RenamePolicy};
use crate::registry::RepoPath;

use super::path_table::PathTable;

/// The deletions and additions that were not compared because there are too many of them or they
/// are too large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UncomparedFiles {
    /// The deleted files. Each may have become one of the additions.
    pub deletions: Vec<RepoPath>,
    /// The added files. Each may be one of the deletions.
    pub additions: Vec<RepoPath>,
    /// The limits that would be high enough to compare the files; only includes limits that are
    /// currently too low.
    pub needed: RenameLimits,
}

impl UncomparedFiles {
    /// Returns all unpaired files; `None` if there are no two files that could form a pair.
    pub(super) fn of(table: &PathTable<'_, '_>, policy: &RenamePolicy) -> Option<Self> {
        let (sources, additions) = table.unpaired_files()?;
        let mut needed = table.left();
        // The message should name only limits that have to be raised.
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
