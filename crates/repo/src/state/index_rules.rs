//! Reads the rules in the index without reading the rest of it.

use idhooks_core::config::{CONFIG_PATH, Config};
use idhooks_core::registry::Entry;

use crate::git::Repo;
use crate::state::{CommitState, StateError, read_config_in};

/// Returns the rules in the index; the defaults if it has no `idhooks.toml`.
///
/// # Errors
/// Returns an error if the index cannot be read, or if the rules are invalid.
pub fn index_rules(repo: &Repo) -> Result<Config, StateError> {
    read_config_in(repo, index_entry(repo, CONFIG_PATH)?)
}

/// Returns what the index has at a path.
///
/// # Errors
/// Returns an error if the index cannot be read.
pub fn index_entry(repo: &Repo, path: &str) -> Result<Option<Entry>, StateError> {
    let mut entry: Option<Entry> = None;
    let listing = repo.listing(&repo.index_file(), None, |found, of, _| {
        if found == path.as_bytes() {
            entry = Some(of);
        }
    })?;
    Ok(match listing {
        Some(_) => entry,
        // Not every index can be read that quickly.
        None => super::entry(&CommitState::of_index(repo)?.tree, path),
    })
}
