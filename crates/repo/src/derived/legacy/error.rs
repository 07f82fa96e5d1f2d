//! [`LegacyError`]: why a legacy file cannot be read.

use idhooks_core::registry::ReadError;

/// Why a legacy file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LegacyError {
    /// The file is not a registry, or a record in it is not valid.
    #[error(transparent)]
    Registry(#[from] ReadError),
    /// The file is not a table of records, or not a map of identities.
    #[error("{0}")]
    Form(String),
}
