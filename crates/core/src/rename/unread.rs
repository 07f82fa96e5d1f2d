//! [`UnreadFiles`]: files that cannot be paired because contents are missing.

use crate::registry::RepoPath;

use super::table::PathTable;

/// The deletions and additions that cannot be paired because the clone lacks contents needed to
/// decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnreadFiles {
    /// The deletions that any of the additions may continue.
    pub deletions: Vec<RepoPath>,
    /// The additions that may continue any of the deletions.
    pub additions: Vec<RepoPath>,
    /// Other additions, which may be copies.
    pub copies: Vec<RepoPath>,
}

impl UnreadFiles {
    /// Returns all remaining files if the content of one of them is missing, because it may affect
    /// every pair. Empty if there are not even two files to pair.
    pub(super) fn of(table: &PathTable<'_, '_>) -> Self {
        let Some((sources, additions)) = table.unpaired_files() else {
            return UnreadFiles::default();
        };
        // Requests all of them, so that all can be fetched at once.
        let sides = sources.iter().map(|source| &table.sources[*source]);
        let sides = sides.chain(additions.iter().map(|addition| &table.additions[*addition]));
        if sides.filter(|side| table.is_missing(side)).count() == 0 {
            return UnreadFiles::default();
        }
        UnreadFiles {
            deletions: sources.iter().map(|n| table.sources[*n].path.clone()).collect(),
            additions: additions.iter().map(|n| table.additions[*n].path.clone()).collect(),
            copies: Vec::new(),
        }
    }

    /// Returns whether everything was paired.
    pub fn is_empty(&self) -> bool {
        self.deletions.is_empty() && self.additions.is_empty() && self.copies.is_empty()
    }
}
