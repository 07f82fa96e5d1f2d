//! [`ResolveNotice`]: progress reports while resolving a registry.

use idhooks_core::merge::{Contested, MergeSide};
use idhooks_core::registry::{BlobId, Discrepancy, ReadError, RepoPath, Scope};

/// A notice about resolving a registry.
#[derive(Debug)]
pub enum ResolveNotice {
    /// The two sides have identities at different paths and no common registry.
    PathsChosen {
        /// The identities.
        contested: Vec<Contested>,
        /// The side that keeps its paths.
        side: MergeSide,
        /// Whether the other side could be chosen instead.
        is_choice: bool,
    },
    /// The registry in the index cannot be read and was rebuilt.
    Unreadable(ReadError),
    /// A version of the legacy file with this path cannot be read.
    VersionUnreadable(RepoPath),
    /// The legacy file cannot be read; holds its path and its state in the index.
    LegacyUnreadable(RepoPath, BlobId),
    /// The changes that are overwritten in the legacy file with this path.
    Overwritten(RepoPath, Vec<Discrepancy>),
    /// The registry was staged, or would have been without the dry run.
    Staged {
        /// What the registry was resolved from.
        from: ResolvedFrom,
        /// Whether nothing was changed.
        is_dry_run: bool,
    },
}

/// What a registry was resolved from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResolvedFrom {
    /// The commits named on the command line.
    Commits,
    /// The unmerged versions in the index.
    Versions,
    /// Our registry and that of another adoption, which has this scope.
    Joined(Scope),
    /// Our registry alone, since the other commit is from another adoption with this scope.
    OtherScope(Scope),
    /// HEAD and the commits being merged, so that different paths can be chosen.
    Parents,
    /// HEAD and the commits being merged, because the registry in the index cannot be read.
    Unreadable,
}
