//! What `idhooks resolve` changes.

use idhooks_repo::git::{Index, IndexFile, Repo};

/// The repository and the index that the command changes.
pub(super) struct ResolveContext {
    /// Whether nothing is to be changed.
    pub(super) is_dry_run: bool,
    pub(super) repo: Repo,
    pub(super) file: IndexFile,
    pub(super) index: Index,
}
