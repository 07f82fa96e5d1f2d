//! [`ResolveRefusal`]: why a registry cannot be resolved.

use idhooks_core::merge::MergeInput;
use idhooks_core::registry::{Origin, REGISTRY_PATH, ReadError, RepoPath};
use idhooks_repo::history::Contest;
use idhooks_repo::state::StateError;

use crate::{LegacyFault, OpsError};

/// Why a registry cannot be resolved.
#[derive(Debug, thiserror::Error)]
pub enum ResolveRefusal {
    /// The index has no registry; holds advice on adopting the repository if HEAD has none either.
    #[error("the index has no '{REGISTRY_PATH}'")]
    NoRegistry(Option<String>),
    /// The registry in the working tree has conflict markers that are not staged.
    #[error(
        "'{REGISTRY_PATH}' has conflict markers in the working tree, and no conflict in the index"
    )]
    Conflicted,
    /// Neither side has a registry; holds the two commits as typed.
    #[error("neither '{}' nor '{}' has a registry", .0[0], .0[1])]
    NoSides([String; 2]),
    /// One side has removed the registry.
    #[error("one side has removed '{REGISTRY_PATH}'")]
    Removed {
        /// The other side's commit.
        commit: &'static str,
        /// The idhooks files that the other side still has.
        paths: Vec<&'static str>,
    },
    /// The registry on one side, or in the merge base, cannot be read.
    #[error("cannot read {} of '{REGISTRY_PATH}'", side_name(*.0))]
    SideUnreadable(MergeInput, #[source] StateError),
    /// No commit has a registry from which the one in the index could be rebuilt.
    #[error("cannot rebuild '{REGISTRY_PATH}': HEAD has none")]
    NotRebuilt,
    /// The registry in the index can be neither read nor rebuilt.
    #[error("{error}")]
    Unreadable {
        /// Why the registry cannot be rebuilt.
        error: Box<OpsError>,
        /// Why the registry cannot be read.
        cause: ReadError,
    },
    /// The versions of the legacy file with this path cannot be merged.
    #[error("{0}")]
    LegacyVersions(StateError, RepoPath),
    /// The migration's last step removed the legacy file, but one side still has it.
    #[error(
        "'{path}' was removed by the last step of the migration, {}",
        match .fault {
            LegacyFault::Records(_) => "but has records here that the registry lacks",
            _ => "and cannot be read here",
        }
    )]
    LegacyNotRemoved {
        /// The legacy file.
        path: RepoPath,
        /// The file's stage in the index.
        stage: u32,
        /// What is wrong with the file.
        fault: LegacyFault,
    },
    /// A path was named for an identity whose path is not contested.
    #[error("the merge need not choose a path for '{0}'")]
    NothingToChoose(Origin),
    /// The two paths are from different sides.
    #[error(
        "'{0}' is the path of another side than '{1}': the paths of one side are taken for all"
    )]
    PathsOfBoth(RepoPath, RepoPath),
    /// Neither side has the identity at the named path.
    #[error("neither side has '{origin}' at '{path}'")]
    OtherPath {
        /// The identity's origin.
        origin: Origin,
        /// The path.
        path: RepoPath,
        /// The identity's paths on our side and on theirs.
        sides: [RepoPath; 2],
    },
    /// More than two commits disagree on an identity's path.
    #[error("cannot choose between the paths of more than two commits")]
    ManyCommits,
    /// Nothing indicates which side should keep its paths.
    #[error(
        "cannot decide which paths keep their identities: the histories of both sides do not show who allocated all of them"
    )]
    Undecided(Contest),
}

fn side_name(side: MergeInput) -> &'static str {
    match side {
        MergeInput::Base => "the base",
        MergeInput::Ours => "our side",
        MergeInput::Theirs => "their side",
    }
}
