//! Adopts a repository without building an index in memory, in the simple case.
//!
//! Anything unusual, and anything that cannot be written, is left to the general path, which
//! reports it.

use idhooks_core::config::{ATTRIBUTES_PATH, CONFIG_PATH, Config, is_own_name};
use idhooks_core::plan::{Gifts, Newcomers};
use idhooks_core::registry::{BlobId, REGISTRY_PATH, RepoPath, Scope, Tree};

use crate::git::{IndexFile, Repo};
use crate::store::changes::{self, FileChange, missing_dirs, remove_empty_dirs};
use crate::store::{Access, AllocationLogFile, Replacement};

use crate::state::{StateError, shortcuts};
use crate::transaction::now;

/// The content of an index to be adopted.
#[derive(Debug, Default)]
pub struct Unlisted {
    /// The entries at the paths of idhooks's own files, above or below them.
    pub own: Tree,
    /// The number of paths.
    pub paths: u64,
    files: Newcomers,
}

impl Unlisted {
    /// Reads an index; `None` if it is unusual, or if identities were allocated before.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn of_index(repo: &Repo, file: &IndexFile) -> Result<Option<Self>, StateError> {
        let registry = repo.top().join(REGISTRY_PATH);
        let is_first = || AllocationLogFile::in_dir(&repo.state_dir()).is_missing();
        if !shortcuts() || registry.symlink_metadata().is_ok() || !is_first() {
            return Ok(None);
        }
        let (mut found, mut is_plain) = (Unlisted::default(), true);
        let is_complete = repo.look_through(file, |path, entry| {
            found.paths += 1;
            if concerns_us(path) {
                match RepoPath::new(path) {
                    Ok(path) => is_plain &= found.own.insert(path, entry).is_none(),
                    Err(_) => is_plain = false,
                }
            }
            if entry.mode.is_file() && !is_own_name(path) {
                is_plain &= found.files.push(path, entry.blob);
            } else {
                is_plain &= RepoPath::new(path).is_ok();
            }
        })?;
        Ok(Some(found).filter(|_| is_complete && is_plain))
    }

    /// Allocates an identity to every tracked file; `None` if the general path is needed for that.
    ///
    /// # Errors
    /// Returns an error if a counter is full.
    pub fn give(
        self,
        config: &Config,
        scope: Scope,
        progress: &dyn Fn(),
    ) -> Result<Option<Gifts>, StateError> {
        Ok(self.files.give(config, scope, now(), progress)?)
    }
}

/// Returns whether a path is one of idhooks's own files, above or below one.
fn concerns_us(path: &[u8]) -> bool {
    let first = path.split(|byte| *byte == b'/').next().unwrap_or_default();
    first == b".idhooks" || first == CONFIG_PATH.as_bytes() || first == ATTRIBUTES_PATH.as_bytes()
}

/// Writes and stages the registry of the new identities together with other blobs and other files.
/// Returns whether that succeeded; if not, everything is as it was.
pub fn write_new_ids(
    repo: &Repo,
    file: &IndexFile,
    gifts: &Gifts,
    staged: &[(&str, BlobId)],
    files: &[FileChange],
) -> bool {
    let path = repo.top().join(REGISTRY_PATH);
    let dir = path.parent().unwrap_or(repo.top());
    let levels = missing_dirs(dir);
    let write = || -> Result<(), StateError> {
        let scratch = repo.scratch();
        let new = Replacement::prepare_by(&scratch, &path, Access::Keep, |out| gifts.write(out))?;
        let blob = repo.write_blob_of(new.file())?;
        changes::put_and(
            &scratch,
            new,
            || Ok(()),
            || {
                changes::apply_and(&scratch, files, || {
                    let all = [&[(REGISTRY_PATH, blob)], staged].concat();
                    Ok(repo.stage_new(file, &all)?)
                })
            },
        )
    };
    let done = write().is_ok();
    if !done {
        remove_empty_dirs(dir, levels);
    }
    done
}

/// Does the same as [`super::append_allocations`] for all new identities.
pub fn append_new_ids(repo: &Repo, gifts: &Gifts) -> Option<String> {
    let file = AllocationLogFile::in_dir(&repo.state_dir());
    file.append(&gifts.lines()).err().map(|error| error.to_string())
}
