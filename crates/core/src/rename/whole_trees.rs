//! [`WholeTrees`]: what the other files of two trees say about a pair.

use crate::registry::{BlobId, RepoPath};

use super::blob_counts::FEW_PATHS;
use super::siblings::Siblings;

/// What two whole trees say about the contents of their files.
#[derive(Clone, Copy)]
pub struct WholeTrees<'a> {
    /// Returns how many paths of one of the trees have a blob; the larger number counts. Called
    /// only for equal files with unrelated names.
    pub paths_with: &'a dyn Fn(BlobId) -> u32,
    /// Returns [`Siblings`] of a deleted file in the old tree. Called only for similar files with
    /// unrelated names.
    pub siblings: &'a dyn Fn(&RepoPath) -> Siblings,
}

impl WholeTrees<'_> {
    /// Two trees of whose other files nothing is known.
    pub(super) const UNKNOWN: WholeTrees<'static> =
        WholeTrees { paths_with: &|_| FEW_PATHS, siblings: &|_| Siblings::new() };
}
