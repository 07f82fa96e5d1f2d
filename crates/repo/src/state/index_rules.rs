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
    let mut entry: Option<Entry> = None;
    let listing = repo.listing(&repo.index_file(), None, |path, found, _| {
        if path == CONFIG_PATH.as_bytes() {
            entry = Some(found);
        }
    })?;
    match listing {
        Some(_) => read_config_in(repo, entry),
        None => CommitState::of_index(repo)?.config(repo),
    }
}
