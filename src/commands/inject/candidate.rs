//! [`InjectCandidate`]: a file that the command line selects.

use idhooks_core::registry::{Allocation, Entry, RepoPath};

/// A selected file.
pub(super) struct InjectCandidate<'d> {
    pub(super) path: &'d RepoPath,
    pub(super) entry: Entry,
    /// Whether the file itself was named, not a directory or all files.
    pub(super) is_named: bool,
    /// The record of its identity.
    pub(super) holder: Option<&'d Allocation>,
}
