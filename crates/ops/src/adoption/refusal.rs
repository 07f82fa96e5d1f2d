//! [`AdoptionRefusal`]: the reason a repository cannot be adopted.

use idhooks_core::plan::AmbiguousImport;
use std::string::FromUtf8Error;

use idhooks_core::config::CONFIG_PATH;
use idhooks_core::plan::second_id::SecondIdConflict;
use idhooks_core::registry::{REGISTRY_PATH, RepoPath, Scope};

use crate::config_template::ScopesError;

/// The reason a repository cannot be adopted.
#[derive(Debug, thiserror::Error)]
pub enum AdoptionRefusal {
    /// A merge is in progress.
    #[error("cannot adopt during a merge")]
    DuringMerge,
    /// Something else occupies the path of an idhooks file or its directory.
    #[error("cannot adopt: '{path}' {obstacle}")]
    InTheWay {
        /// The path.
        path: RepoPath,
        /// What occupies the path.
        obstacle: PathObstacle,
    },
    /// Another branch or tag already has a registry.
    #[error("'{name}' already has a registry; two separate adoptions can never be merged")]
    OtherAdoption {
        /// The name of the branch or tag.
        name: String,
        /// How to get its registry, if possible.
        how: Option<String>,
        /// Whether the user can adopt anyway.
        can_force: bool,
    },
    /// The rules in the working tree are not text.
    #[error("'{CONFIG_PATH}' is not UTF-8 text")]
    ConfigNotText,
    /// The rules to which scopes must be added are not text.
    #[error("'{CONFIG_PATH}' is not UTF-8 text")]
    StagedConfigNotText(#[source] FromUtf8Error),
    /// The working tree has a different, untracked registry.
    #[error("'{REGISTRY_PATH}' exists, but is not tracked")]
    UntrackedRegistry {
        /// Whether the adoption was supposed to use existing records.
        has_records: bool,
    },
    /// The scope in the rules differs from the scope in the records.
    #[error("{CONFIG_PATH} has scope {rules}, but the registry has scope {registry}")]
    OtherScope {
        /// The scope in the rules.
        rules: Scope,
        /// The scope in the records.
        registry: Scope,
    },
    /// The rules have to be changed, but already have unstaged changes.
    #[error("'{CONFIG_PATH}' has unstaged changes")]
    UnstagedConfig,
    /// The records' scopes cannot be added to the rules.
    #[error("{CONFIG_PATH} does not list the scopes of all records")]
    MissingScopes(#[source] ScopesError),
    /// The records' second identities cannot be imported.
    #[error("'{from}' has second identities that cannot be taken")]
    SecondIds {
        /// The source of the records.
        from: String,
        /// The reasons.
        reasons: Vec<SecondIdConflict>,
    },
    /// Some records may belong to any of several files.
    #[error("nothing was imported: a person must say which files these are")]
    Unclear(Vec<AmbiguousImport>),
}

/// An entry that occupies the path of an idhooks file or its directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathObstacle {
    /// The index has something other than a regular file at the path.
    #[error("in the index is not a regular file")]
    StagedNoFile,
    /// The index has files under the path.
    #[error("in the index is a directory")]
    StagedDirectory,
    /// The index has a file at the directory's path.
    #[error("in the index is not a directory")]
    StagedNoDirectory,
    /// The working tree has something other than a regular file at the path.
    #[error("is not a regular file")]
    NoFile,
    /// The working tree has something other than a directory at the directory's path.
    #[error("is not a directory")]
    NoDirectory,
}
