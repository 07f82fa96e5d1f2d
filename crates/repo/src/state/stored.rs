//! [`Stored`]: a registry as git stores it.

use idhooks_core::registry::{BlobId, Entry, REGISTRY_PATH, ReadError, Registry, Tree};

use crate::git::{CommitId, GitError, Repo};

use super::error::StateError;
use super::rules::entry;

/// A registry as git stores it.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its blob.
    pub blob: BlobId,
    /// The bytes of the blob.
    pub bytes: Vec<u8>,
    /// The parsed registry.
    pub registry: Registry,
}

/// Returns whether a commit has a registry, readable or not.
///
/// # Errors
/// Returns an error if the commit or its tree cannot be read.
pub fn has_registry(repo: &Repo, id: CommitId) -> Result<bool, GitError> {
    Ok(repo.tree_entry(repo.commit(id)?.tree, REGISTRY_PATH)?.is_some())
}

/// Reads a registry from its blob.
///
/// # Errors
/// Returns an error if the entry is not a regular file, or its blob is not a registry.
pub fn read_registry(repo: &Repo, entry: Entry) -> Result<Stored, StateError> {
    if !entry.mode.is_file() {
        return Err(StateError::Registry(ReadError::NotAFile));
    }
    Registry::check_size(repo.blob_size(entry.blob).unwrap_or_default())?;
    let bytes = repo.blob(entry.blob)?;
    let registry = Registry::parse(&bytes)?;
    Ok(Stored { blob: entry.blob, bytes, registry })
}

/// Reads a registry if it can be trusted: it is in this clone, readable and consistent.
///
/// # Errors
/// Returns an error if the blob cannot be read.
pub(crate) fn read_trusted(repo: &Repo, entry: Entry) -> Result<Option<Stored>, StateError> {
    if !repo.has_blob(entry.blob) {
        return Ok(None);
    }
    match read_registry(repo, entry) {
        Err(StateError::Registry(_)) => Ok(None),
        stored => Ok(Some(stored?).filter(|stored| stored.registry.is_consistent())),
    }
}

/// Checks that the unreadable registry of a tree was not written by a later idhooks, which can read
/// it and needs no healing.
///
/// # Errors
/// Returns an error if it was.
pub(crate) fn assert_not_newer(repo: &Repo, tree: &Tree) -> Result<(), StateError> {
    let available = entry(tree, REGISTRY_PATH).filter(|entry| repo.has_blob(entry.blob));
    match available.map(|entry| read_registry(repo, entry)) {
        Some(Err(error @ StateError::Registry(ReadError::Newer(_)))) => Err(error),
        _ => Ok(()),
    }
}
