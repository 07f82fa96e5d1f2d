//! [`ImportRefusal`]: why a file is not imported.

use idhooks_migration::{ImportConflict, MapFault, Remark};
use std::string::FromUtf8Error;

use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::Scope;

use crate::{OpsError, PartRefusal, PathAdvice};

/// Why a file is not imported. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportRefusal {
    /// Records conflict with those of the registry.
    #[error("this repository is already adopted, and some records conflict")]
    Conflicts {
        /// The conflicts.
        conflicts: Vec<ImportConflict>,
        /// The number of records that can become aliases of the identities that their files have.
        joinable: usize,
    },
    /// There is no such file.
    #[error("no file '{0}'")]
    NoFile(String, ImportedText),
    /// It is not text.
    #[error("'{0}' is not UTF-8 text")]
    NotText(String, #[source] FromUtf8Error),
    /// Lines with second identities cannot be used.
    #[error("cannot import '{0}'; nothing was changed")]
    Lines(String, Vec<RefusedLine>),
    /// The settings cannot be used.
    #[error("cannot use '{0}'; nothing was written")]
    Settings(String, Vec<Remark>),
    /// The settings have another scope than the registry.
    #[error("'{name}' has scope {settings}, but the registry here has scope {registry}")]
    OtherScope {
        /// The name of the file as typed.
        name: String,
        /// The scope of the settings.
        settings: Scope,
        /// The scope of the registry.
        registry: Scope,
    },
    /// Something other than a file is at the path of the rules.
    #[error("'{CONFIG_PATH}' is not a regular file")]
    NoConfigFile,
    /// Rules exist already.
    #[error("'{CONFIG_PATH}' already exists")]
    ConfigExists,
}

/// A text that is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportedText {
    /// Settings of another tool.
    Settings,
    /// Second identities of files.
    SecondIds,
}

/// A line with a second identity that cannot be used.
#[derive(Debug)]
pub struct RefusedLine {
    /// The problem.
    pub fault: MapFault,
    /// Advice for the first file without an identity.
    pub advice: Option<PathAdvice>,
}

impl From<ImportRefusal> for OpsError {
    fn from(refusal: ImportRefusal) -> Self {
        OpsError::Part(PartRefusal::Import(refusal))
    }
}
