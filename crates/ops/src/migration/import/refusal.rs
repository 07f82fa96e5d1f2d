//! [`ImportRefusal`]: why a file cannot be imported.

use idhooks_migration::{ImportConflict, MapFault, Remark};
use std::string::FromUtf8Error;

use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::Scope;

use crate::{OpsError, PartRefusal, PathAdvice};

/// Why a file cannot be imported. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportRefusal {
    /// Records conflict with those in the registry.
    #[error("this repository is already adopted, and some records conflict")]
    Conflicts {
        /// The conflicts.
        conflicts: Vec<ImportConflict>,
        /// The number of records that can become aliases of their files' identities.
        joinable: usize,
    },
    /// There is nothing with the name of the other repository.
    #[error("'{0}' is neither a commit nor a file or directory")]
    NoRepository(String),
    /// The name of the other repository has two meanings.
    #[error("'{0}' is a commit and a file or directory")]
    Ambiguous(String),
    /// The other registry has the scope of this one.
    #[error("'{0}' has the scope of this repository, {1}")]
    SameScope(String, Scope),
    /// No file of the other repository is in the directory.
    #[error("no file of a record in '{name}' is in '{dir}'")]
    NoFiles {
        /// The other repository as typed.
        name: String,
        /// The directory as typed.
        dir: String,
    },
    /// The file does not exist.
    #[error("no file '{0}'")]
    NoFile(String, ImportedText),
    /// The file is not text.
    #[error("'{0}' is not UTF-8 text")]
    NotText(String, #[source] FromUtf8Error),
    /// Some lines in a map of second identities cannot be used.
    #[error("cannot import '{0}'; nothing was changed")]
    Lines(String, Vec<RefusedLine>),
    /// The settings cannot be used.
    #[error("cannot use '{0}'; nothing was written")]
    Settings(String, Vec<Remark>),
    /// The scope in the settings differs from the registry's.
    #[error("'{name}' has scope {settings}, but the registry here has scope {registry}")]
    OtherScope {
        /// The file name as typed.
        name: String,
        /// The scope in the settings.
        settings: Scope,
        /// The scope of the registry.
        registry: Scope,
    },
    /// Something other than a file exists at the path of the rules.
    #[error("'{CONFIG_PATH}' is not a regular file")]
    NoConfigFile,
    /// Rules exist already.
    #[error("'{CONFIG_PATH}' already exists")]
    ConfigExists,
}

/// The kind of text imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportedText {
    /// Another tool's settings.
    Settings,
    /// Files' second identities.
    SecondIds,
}

/// An unusable line in a map of second identities.
#[derive(Debug)]
pub struct RefusedLine {
    /// The problem.
    pub fault: MapFault,
    /// Advice about a file without an identity; only the first few such lines include it.
    pub advice: Option<PathAdvice>,
}

impl From<ImportRefusal> for OpsError {
    fn from(refusal: ImportRefusal) -> Self {
        OpsError::Part(PartRefusal::Import(refusal))
    }
}
