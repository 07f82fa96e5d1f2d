//! [`AdoptionRefusal`]: why a repository is not adopted.

use idhooks_core::plan::UnclearFile;
use std::string::FromUtf8Error;

use idhooks_core::config::CONFIG_PATH;
use idhooks_core::plan::second_id::SecondIdConflict;
use idhooks_core::registry::{REGISTRY_PATH, RepoPath, Scope};

use crate::config_template::ScopesError;

/// Why a repository is not adopted.
#[derive(Debug, thiserror::Error)]
pub enum AdoptionRefusal {
    /// A merge is unfinished.
    #[error("cannot adopt during a merge")]
    DuringMerge,
    /// Something else is at the path of a file of idhooks, or of its directory.
    #[error("cannot adopt: '{path}' {obstacle}")]
    InTheWay {
        /// The path.
        path: RepoPath,
        /// The obstacle at that path.
        obstacle: PathObstacle,
    },
    /// Another branch has a registry.
    #[error("'{name}' already has a registry; two separate adoptions can never be merged")]
    OtherAdoption {
        /// The name of the branch or tag.
        name: String,
        /// How to get its registry, if there is a way.
        how: Option<String>,
        /// Whether the user can adopt anyway.
        can_force: bool,
    },
    /// The rules in the working tree are not text.
    #[error("'{CONFIG_PATH}' is not UTF-8 text")]
    ConfigNotText,
    /// The rules to which scopes are added are not text.
    #[error("'{CONFIG_PATH}' is not UTF-8 text")]
    StagedConfigNotText(#[source] FromUtf8Error),
    /// The working tree has another registry that is not tracked.
    #[error("'{REGISTRY_PATH}' exists, but is not tracked")]
    UntrackedRegistry {
        /// Whether the repository was to be adopted with records from elsewhere.
        has_records: bool,
    },
    /// The rules have another scope than the records.
    #[error("{CONFIG_PATH} has scope {rules}, but the registry has scope {registry}")]
    OtherScope {
        /// The scope of the rules.
        rules: Scope,
        /// The scope of the records.
        registry: Scope,
    },
    /// The rules are to be changed, but have unstaged changes.
    #[error("'{CONFIG_PATH}' has unstaged changes")]
    UnstagedConfig,
    /// The scopes of the records cannot be added to the rules.
    #[error("{CONFIG_PATH} does not list the scopes of all records")]
    MissingScopes(#[source] ScopesError),
    /// Second identities of the records cannot be taken.
    #[error("'{from}' has second identities that cannot be taken")]
    SecondIds {
        /// Where the records are from.
        from: String,
        /// The reasons.
        reasons: Vec<SecondIdConflict>,
    },
    /// Some records fit several files.
    #[error("nothing was imported: a person must say which files these are")]
    Unclear(Vec<UnclearFile>),
}

/// An entry at the path of one of the files of idhooks, or of its directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathObstacle {
    /// The index has something other than a regular file.
    #[error("in the index is not a regular file")]
    StagedNoFile,
    /// The index has files below the path.
    #[error("in the index is a directory")]
    StagedDirectory,
    /// The index has a file at the path of the directory.
    #[error("in the index is not a directory")]
    StagedNoDirectory,
    /// The working tree has something other than a regular file.
    #[error("is not a regular file")]
    NoFile,
    /// The working tree has something other than a directory.
    #[error("is not a directory")]
    NoDirectory,
}
