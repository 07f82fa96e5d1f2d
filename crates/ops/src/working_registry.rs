//! The registry in the working tree.

use idhooks_core::registry::{REGISTRY_PATH, Registry, RepoPath};
use idhooks_repo::{git::Repo, state::StateError};

use crate::{OpsError, not_adopted};

/// Reads the registry in the working tree, or the one in the index if a sparse checkout excludes
/// the file.
///
/// # Errors
/// Returns an error if there is no registry, or if it cannot be read.
pub fn working_registry(repo: &Repo) -> Result<Registry, OpsError> {
    let bytes = match repo.read_working(REGISTRY_PATH)? {
        Some(bytes) => bytes,
        None => {
            let index = repo.index(&repo.index_file())?;
            let entry = index.tree.get(&RepoPath::registry()).ok_or_else(|| not_adopted(repo))?;
            // A missing file was deleted, deliberately or by accident, unless a sparse checkout
            // excludes it.
            if !index.skipped.has_registry() {
                return Err(OpsError::NoWorkingRegistry);
            }
            repo.blob(entry.blob)?
        }
    };
    Ok(Registry::parse(&bytes).map_err(StateError::from)?)
}
