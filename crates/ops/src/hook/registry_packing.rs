//! Packs the registry's loose versions, as the last step of pre-commit.

use std::path::Path;

use idhooks_core::registry::BlobId;
use idhooks_repo::git::Repo;

use crate::OpsError;

/// Starts packing the registry's versions of earlier commits in the background, if there are too
/// many. The commit does not depend on it: if the program cannot be started, the next commits try
/// again.
pub fn start_packing(repo: &Repo) {
    let _ = repo.start_packing();
}

/// Packs the registry's loose versions in the repository with this common git directory, except for
/// these blobs. If the list of versions was lost, history is searched for them first.
///
/// # Errors
/// Returns an error if the repository cannot be read, or if git fails.
pub fn pack_registry(
    common_dir: &Path,
    except: &[BlobId],
    is_list_lost: bool,
) -> Result<usize, OpsError> {
    Ok(Repo::pack_registry(common_dir, except, is_list_lost)?)
}
