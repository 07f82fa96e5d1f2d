//! [`ResolveNotice`]: progress reports of resolving a registry.

use idhooks_core::merge::{Contested, MergeSide};
use idhooks_core::registry::{BlobId, Discrepancy, ReadError, RepoPath};

/// A notice about resolving a registry.
#[derive(Debug)]
pub enum ResolveNotice {
    /// Both sides have identities at different paths, and no registry in common.
    PathsChosen {
        /// The identities.
        contested: Vec<Contested>,
        /// The side that keeps its paths.
        side: MergeSide,
        /// Whether the other side can be chosen instead.
        is_choice: bool,
    },
    /// The registry of the index cannot be read, and was rebuilt.
    Unreadable(ReadError),
    /// A version of the legacy file with this path cannot be read.
    VersionUnreadable(RepoPath),
    /// The legacy file cannot be read: its path, and its state in the index.
    LegacyUnreadable(RepoPath, BlobId),
    /// The changes that are overwritten in the legacy file with this path.
    Overwritten(RepoPath, Vec<Discrepancy>),
    /// The registry was staged, except in a dry run.
    Staged {
        /// Its sources.
        from: ResolvedFrom,
        /// Whether nothing was changed.
        is_dry_run: bool,
    },
}

/// The sources of a resolved registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResolvedFrom {
    /// The commits that were named.
    Commits,
    /// The versions in the index.
    Versions,
    /// HEAD and the commits being merged, to take other paths.
    Parents,
    /// HEAD and the commits being merged, since the registry of the index cannot be read.
    Unreadable,
}
