//! [`ConfigError`]: a mistake in `idhooks.toml`.

use crate::registry::with_excerpts;

use super::own_files::CONFIG_PATH;

/// An error in `idhooks.toml`, with its position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{CONFIG_PATH}:{line}:{column}: {message}")]
pub struct ConfigError {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// The problem.
    pub message: String,
    /// A suggestion, such as the nearest valid name.
    pub hint: Option<String>,
}

impl ConfigError {
    /// Returns an error whose message quotes only part of a key, name or value if it is long.
    pub(super) fn new(line: usize, column: usize, message: String) -> Self {
        ConfigError { line, column, message: with_excerpts(message), hint: None }
    }
}
