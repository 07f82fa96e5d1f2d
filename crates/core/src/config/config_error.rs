//! [`ConfigError`]: a mistake in `idhooks.toml`.

use crate::registry::with_excerpts;

use super::RequiredVersion;
use super::own_files::CONFIG_PATH;

/// An error in `idhooks.toml`, with its position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{CONFIG_PATH}:{line}:{column}: {message}")]
pub struct ConfigError {
    /// The line, starting at 1.
    pub line: usize,
    /// The column in characters, starting at 1.
    pub column: usize,
    /// The problem.
    pub message: String,
    /// A suggestion, such as the nearest valid name.
    pub hint: Option<String>,
    /// The version of idhooks that the file needs, if this version is older.
    pub required_version: Option<RequiredVersion>,
}

impl ConfigError {
    /// Returns an error whose message shortens long keys, names and values.
    pub fn new(line: usize, column: usize, message: String) -> Self {
        ConfigError {
            line,
            column,
            message: with_excerpts(message),
            hint: None,
            required_version: None,
        }
    }
}
