//! [`LegacyTree`]: where files may be when comparing a legacy file with an earlier version.

use idhooks_core::registry::{Allocation, RepoPath, Tree};

/// The tree that contains a legacy file. It shows whether a record at a new path still belongs to
/// the same file.
#[derive(Debug, Clone, Copy)]
pub enum LegacyTree<'a> {
    /// The tree of a commit with one parent: its files show whether a record may have moved.
    OfCommit(&'a Tree),
    /// The tree of a merge: the driver has already told the branches' allocations apart, and the
    /// plan decides where each file is.
    OfMerge(&'a Tree),
    /// No tree is known, for example because versions are being merged.
    Unknown,
}

impl LegacyTree<'_> {
    /// Returns whether an active record may be a later state of `former`, which has the same number at another path.
    pub(super) fn may_follow(self, former: &Allocation, record: &Allocation) -> bool {
        match self {
            LegacyTree::OfCommit(tree) => may_be_at(tree, former, &record.path),
            LegacyTree::OfMerge(tree) => {
                !record.origin_is_derived || may_be_at(tree, former, &record.path)
            }
            // No other program revives records, so if a record has a deprecated record's origin, it
            // is the same record.
            LegacyTree::Unknown => {
                former.is_active() || (!record.origin_is_derived && record.origin == former.origin)
            }
        }
    }
}

/// Returns whether a record's file may be at another path. An active record's file may be there if
/// it is no longer at its old path, and a deprecated record's file if its last content is there.
fn may_be_at(tree: &Tree, record: &Allocation, path: &RepoPath) -> bool {
    match (record.is_active(), tree.get(path)) {
        (true, entry) => entry.is_none() || !tree.contains_key(&record.path),
        (false, entry) => entry.is_some_and(|entry| record.last_blob() == Some(entry.blob)),
    }
}
