//! [`BlobCounts`]: how many paths of two trees have the same content.

use std::cell::OnceCell;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::registry::{BlobId, Tree};

/// Content at more paths than this in one tree belongs to no file in particular.
pub const FEW_PATHS: u32 = 2;

/// How many paths of two trees have each blob. They are counted on the first query.
pub struct BlobCounts<'a> {
    trees: [&'a Tree; 2],
    /// How many unchanged paths have a blob; `None` if the trees contain all paths.
    unchanged: Option<&'a dyn Fn(BlobId) -> u32>,
    counts: OnceCell<[HashMap<BlobId, u32, RandomState>; 2]>,
}

impl<'a> BlobCounts<'a> {
    /// Prepares to count the blobs in two trees. If they contain only some of the unchanged paths,
    /// `unchanged` returns how many unchanged paths have a blob.
    pub fn in_trees(
        old: &'a Tree,
        new: &'a Tree,
        unchanged: Option<&'a dyn Fn(BlobId) -> u32>,
    ) -> Self {
        BlobCounts { trees: [old, new], unchanged, counts: OnceCell::new() }
    }

    /// Returns how many paths have this blob in each tree.
    pub fn of(&self, blob: BlobId) -> [u32; 2] {
        let [old, new] = self.trees;
        let counts = self.counts.get_or_init(|| [self.count(old, new), self.count(new, old)]);
        let unchanged = self.unchanged.map_or(0, |unchanged| unchanged(blob));
        [0, 1].map(|side| counts[side].get(&blob).copied().unwrap_or(0) + unchanged)
    }

    /// Returns whether exactly one path in each tree has this blob; the two paths may differ.
    pub fn is_unique(&self, blob: BlobId) -> bool {
        self.of(blob) == [1, 1]
    }

    /// Returns whether several other files of the new tree have a file's content, so that it
    /// cannot tell where the file came from.
    pub fn is_common(&self, blob: BlobId) -> bool {
        self.of(blob)[1] > FEW_PATHS
    }

    fn count(&self, tree: &Tree, other: &Tree) -> HashMap<BlobId, u32, RandomState> {
        let mut counts: HashMap<BlobId, u32, RandomState> = HashMap::default();
        for (path, entry) in tree.iter().filter(|(_, entry)| entry.mode.is_file()) {
            if self.unchanged.is_none() || other.get(path) != Some(entry) {
                *counts.entry(entry.blob).or_default() += 1;
            }
        }
        counts
    }
}
