//! [`UnreadFiles`]: files that cannot be paired because contents are missing.

use crate::registry::RepoPath;

use super::path_table::PathTable;

/// The deletions and additions that cannot be paired because the clone lacks the contents needed to
/// decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnreadFiles {
    /// The deleted files. Each may have become one of the additions.
    pub deletions: Vec<RepoPath>,
    /// The added files. Each may be one of the deletions.
    pub additions: Vec<RepoPath>,
    /// Other additions, which may be copies.
    pub copies: Vec<RepoPath>,
}

impl UnreadFiles {
    /// Returns all remaining files if the content of any of them is missing, because that content
    /// may affect every pair. Returns nothing if no two files could form a pair.
    pub(super) fn of(table: &PathTable<'_, '_>) -> Self {
        let Some((sources, additions)) = table.unpaired_files() else {
            return UnreadFiles::default();
        };
        // All contents are requested, so that the missing ones can be fetched together.
        let sides = sources.iter().map(|source| &table.sources[*source]);
        let sides = sides.chain(additions.iter().map(|addition| &table.additions[*addition]));
        if sides.filter(|side| table.is_missing(side)).count() == 0 {
            return UnreadFiles::default();
        }
        Self::all(table)
    }

    /// Returns all remaining files.
    pub(super) fn all(table: &PathTable<'_, '_>) -> Self {
        let (sources, additions) = table.unpaired_files().unwrap_or_default();
        UnreadFiles {
            deletions: sources.iter().map(|n| table.sources[*n].path.clone()).collect(),
            additions: additions.iter().map(|n| table.additions[*n].path.clone()).collect(),
            copies: Vec::new(),
        }
    }

    /// Returns whether there are no such files.
    pub fn is_empty(&self) -> bool {
        self.deletions.is_empty() && self.additions.is_empty() && self.copies.is_empty()
    }
}
