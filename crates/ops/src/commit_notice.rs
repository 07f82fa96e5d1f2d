//! [`CommitNotice`]: a notice from the hook about the commit being made.

use idhooks_core::check::Finding;
use idhooks_core::registry::{Id, RepoPath};
use idhooks_repo::state::StateError;

use super::{OpsError, RetiredTarget, UnsearchedFile};

/// A notice about the commit being made.
#[derive(Debug)]
pub enum CommitNotice {
    /// Identifiers in code were not checked, which does not block the commit.
    NotLinted(Box<OpsError>),
    /// Linter findings that do not block the commit.
    Linted(Vec<Finding>),
    /// The environment variable for the legacy file has an invalid value; holds the reason.
    InvalidSwitch(String),
    /// The commit removes idhooks, which ends this many identities.
    Removed(usize),
    /// The commit removes idhooks, but `.gitattributes` still has its line.
    AttributesLeft(StateError),
    /// The commit removes `idhooks.toml`, but not the registry.
    RulesRemoved,
    /// The rules of the commit no longer track this many files, whose identities end.
    Excluded(usize),
    /// The commit has the second path of a moved file, but not the deletion of the first one.
    HalfMoved([RepoPath; 2]),
    /// A file keeps its identity, although it carried another one; its head was rewritten.
    HeadReplaced {
        /// The path.
        path: RepoPath,
        /// The identity of the path.
        id: Id,
        /// The identity that the file carried.
        carried: Id,
    },
    /// There was not enough time to describe this many files.
    NotDescribed(usize),
    /// Problems with identities in files; they do not block the commit.
    CarriedFaults(Vec<Finding>),
    /// A notice about references.
    References(ReferenceNotice),
    /// A file was generated.
    Generated(RepoPath),
    /// The commit removed its legacy file, so the file was written again.
    LegacyPutBack(RepoPath),
    /// HEAD's registry was damaged, so it was rebuilt for the commit.
    RegistryRebuilt,
    /// During a cherry-pick or a revert of several commits, the registry was completed.
    CompletedInPick {
        /// Whether the operation is a revert.
        is_revert: bool,
    },
    /// Files keep their identities because their moves were reported.
    MovesFollowed(Vec<MovedFile>),
    /// Reported moves have no effect, so files get new identities or lose their own.
    MovesUnused(Vec<(MovedFile, UnusedMove)>),
    /// Only the registry is staged, so git may find nothing to commit.
    OnlyRegistry,
}

/// A file whose move was reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedFile {
    /// The old path.
    pub from: RepoPath,
    /// The new path.
    pub to: RepoPath,
    /// The identity that the old path had.
    pub id: Id,
}

/// Why a reported move has no effect on a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnusedMove {
    /// The old path still has a file in the commit, so it keeps its identity.
    OldPathNotDeleted {
        /// Whether the new path gets a new identity, rather than keeping the one that it has.
        is_new: bool,
        /// Whether the working tree has a file at the old path, which is another one.
        has_file: bool,
    },
    /// The commit deletes the old path and lacks the new one, so it deprecates the identity.
    NewPathNotStaged {
        /// Whether git ignores the new path.
        is_ignored: bool,
    },
    /// The commit deletes the old path, and the new one has an identity of its own.
    NewPathTaken,
}

/// A notice about the references in the commit being made. None of them blocks it.
#[derive(Debug)]
pub enum ReferenceNotice {
    /// Findings about references that the commit adds.
    Added(Vec<Finding>),
    /// References were not checked.
    NotChecked(Box<OpsError>),
    /// Files whose identities are retired, with the references to them.
    StillReferred {
        /// The files.
        targets: Vec<RetiredTarget>,
        /// Whether one side of a merge has retired them, rather than the commit itself; then, only
        /// the references that this side does not have.
        is_merge: bool,
    },
    /// The commit retires identities, and these files, which may refer to them, could not be searched.
    Unsearched(Vec<UnsearchedFile>),
    /// The commit retires these identities, and a search for references to them takes too long.
    NotSearched(Vec<Id>),
}
