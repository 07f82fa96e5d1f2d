//! [`LegacyError`]: why a legacy file cannot be read.

use idhooks_core::registry::ReadError;

/// Why a legacy file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LegacyError {
    /// It is no registry, or a record in it is none.
    #[error(transparent)]
    Registry(#[from] ReadError),
    /// It is no table of records, or no map of identities.
    #[error("{0}")]
    Form(String),
}
