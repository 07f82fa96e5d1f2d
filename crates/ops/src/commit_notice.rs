//! [`CommitNotice`]: a notice of the hook about the commit being made.

use idhooks_core::check::Finding;
use idhooks_core::registry::RepoPath;
use idhooks_repo::git::CommitId;
use idhooks_repo::state::StateError;

use super::OpsError;

/// A notice about the commit being made.
#[derive(Debug)]
pub enum CommitNotice {
    /// Identifiers in code were not checked, which does not block the commit.
    NotLinted(Box<OpsError>),
    /// Findings of the linter that do not block the commit.
    Linted(Vec<Finding>),
    /// The environment variable for the legacy file has no valid value: why.
    InvalidSwitch(String),
    /// An earlier commit removed the registry: the commit gets none.
    LostRegistry {
        /// The last commit that has one.
        last: CommitId,
        /// The legacy file, which is not written either.
        legacy: Option<RepoPath>,
        /// Whether the registry can be rebuilt from the legacy file of HEAD.
        can_rebuild: bool,
    },
    /// The commit removes idhooks, so the line in `.gitattributes` was removed, too.
    Removed,
    /// The commit removes idhooks, but `.gitattributes` still has its line.
    AttributesLeft(StateError),
    /// The commit removes `idhooks.toml`, but not the registry.
    RulesRemoved,
    /// There was no time to describe this many files.
    NotDescribed(usize),
    /// Problems with the identities in files, which do not block the commit.
    CarriedFaults(Vec<Finding>),
    /// A file was generated.
    Generated(RepoPath),
    /// The commit removed its legacy file, which is written again.
    LegacyPutBack(RepoPath),
    /// The registry of HEAD was damaged: the commit has one that was rebuilt.
    RegistryRebuilt,
    /// The registry was completed during a cherry-pick or a revert of several commits.
    CompletedInPick {
        /// Whether it is a revert.
        is_revert: bool,
    },
    /// Only the registry is staged, so that git may find nothing to commit.
    OnlyRegistry,
}
