//! Reads `idhooks.toml`.

use std::str::Utf8Error;

use idhooks_core::config::{CONFIG_PATH, Config, ConfigError};
use idhooks_core::registry::{Entry, RepoPath, Tree};

use crate::git::Repo;

use super::error::StateError;

/// Returns the entry at a path.
pub(crate) fn entry(tree: &Tree, path: &str) -> Option<Entry> {
    RepoPath::new(path.as_bytes()).ok().and_then(|path| tree.get(&path).copied())
}

/// Reads the rules of a tree or an index; the defaults without `idhooks.toml`.
///
/// # Errors
/// Returns an error if `idhooks.toml` is invalid.
pub fn read_config(repo: &Repo, tree: &Tree) -> Result<Config, StateError> {
    read_config_in(repo, entry(tree, CONFIG_PATH))
}

/// Reads `idhooks.toml`, valid or not, unless it is too large.
///
/// # Errors
/// Returns an error if it is too large, or is not in this clone.
pub(crate) fn read_config_text(repo: &Repo, entry: Entry) -> Result<Vec<u8>, StateError> {
    Config::check_size(repo.blob_size(entry.blob).unwrap_or_default())?;
    Ok(repo.blob(entry.blob)?)
}

/// Does the same as [`read_config`] for the entry at the path of `idhooks.toml`.
///
/// # Errors
/// Returns an error in the same cases as [`read_config`].
pub(crate) fn read_config_in(repo: &Repo, entry: Option<Entry>) -> Result<Config, StateError> {
    let Some(entry) = entry else { return Ok(Config::default()) };
    if !entry.mode.is_file() {
        // The defaults would silently allocate other identities than the intended rules.
        let message = "not a regular file; idhooks does not follow links".to_owned();
        let hint = "replace it with the file itself, then run: git add idhooks.toml".to_owned();
        return Err(ConfigError { line: 1, column: 1, message, hint: Some(hint) }.into());
    }
    let bytes = read_config_text(repo, entry)?;
    let not_text = |error: Utf8Error| {
        let before = &bytes[..error.valid_up_to()];
        let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        ConfigError {
            line: before.iter().filter(|b| **b == b'\n').count() + 1,
            column: String::from_utf8_lossy(&before[line_start..]).chars().count() + 1,
            message: "the file is not UTF-8 from here on".to_owned(),
            hint: None,
        }
    };
    let text = std::str::from_utf8(&bytes).map_err(not_text)?;
    Ok(Config::parse(text.strip_prefix('\u{feff}').unwrap_or(text))?)
}
