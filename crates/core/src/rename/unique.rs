//! [`UniqueBlobs`]: contents that are at exactly one path in each of two trees.

use std::cell::OnceCell;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::registry::{BlobId, Tree};

/// The blobs that are at exactly one path in each of two trees; the two paths may differ. They are
/// counted on the first query.
pub struct UniqueBlobs<'a> {
    trees: [&'a Tree; 2],
    counts: OnceCell<[HashMap<BlobId, u32, RandomState>; 2]>,
}

impl<'a> UniqueBlobs<'a> {
    /// Prepares to count the blobs in two whole trees.
    pub fn in_trees(old: &'a Tree, new: &'a Tree) -> Self {
        UniqueBlobs { trees: [old, new], counts: OnceCell::new() }
    }

    /// Returns whether exactly one path in each tree has this blob.
    pub fn contains(&self, blob: BlobId) -> bool {
        let counts = self.counts.get_or_init(|| self.trees.map(count));
        counts.iter().all(|counts| counts.get(&blob) == Some(&1))
    }
}

fn count(tree: &Tree) -> HashMap<BlobId, u32, RandomState> {
    let mut counts: HashMap<BlobId, u32, RandomState> = HashMap::default();
    for entry in tree.values() {
        *counts.entry(entry.blob).or_default() += 1;
    }
    counts
}
