//! [`Setting`]: the state to which a patch is applied.

use crate::config::Writable;
use crate::registry::{BlobId, Registry, RepoPath, Timestamp};

/// The state to which a patch is applied.
pub struct Setting<'a> {
    /// The fields that patches may write.
    pub writable: &'a Writable,
    /// Returns the blob of a file in the index that may have an identity.
    pub blob: &'a dyn Fn(&RepoPath) -> Option<BlobId>,
    /// The registry of the last commit.
    pub committed: Option<&'a Registry>,
    /// The date for deprecations.
    pub now: Timestamp,
}
