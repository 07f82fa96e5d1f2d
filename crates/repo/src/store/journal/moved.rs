//! A move that git makes during a run: a file or an entire directory, in a single system call.

use std::ffi::OsStr;
use std::path::Path;
use std::{fs, io};

use idhooks_core::registry::RepoPath;
use serde::{Deserialize, Serialize};

use super::lines;
use crate::store::{disk, error::StoreError, failpoint::pause, scratch::Scratch};

/// A file or directory that git moves, along with everything in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Its path.
    #[serde(with = "lines::path")]
    pub from: RepoPath,
    /// Its path after the move.
    #[serde(with = "lines::path")]
    pub to: RepoPath,
}

impl Moved {
    /// Moves the file or directory back below `top`, if it has been moved and nothing else is at
    /// its old path.
    pub(super) fn go_back(&self, top: &Path, scratch: &Scratch) -> Result<(), StoreError> {
        let [from, to] = [&self.from, &self.to].map(|path| top.join(path.to_os_path()));
        for path in [&from, &to] {
            scratch.guard.check_parent(path)?;
        }
        // After a crash, the move may not have happened yet.
        if self.is_there(&from) || !self.is_there(&to) {
            return Ok(());
        }
        disk::rename(&to, &from).map_err(|error| StoreError::new("move", &to, error))?;
        let dirs = [&from, &to].map(|path| path.parent().unwrap_or(top).to_owned());
        let synced = scratch.level.dirs(&dirs.into_iter().collect());
        synced.map_err(|cause| StoreError::new("sync", top, cause))
    }

    /// Returns whether there is a file or directory at a path. On a case-insensitive file system,
    /// names that differ only in case both appear to exist, so the directory is listed to find the
    /// real name.
    fn is_there(&self, path: &Path) -> bool {
        let is_listed = |name: &OsStr| {
            let entries = path.parent().and_then(|dir| fs::read_dir(dir).ok());
            entries.into_iter().flatten().flatten().any(|entry| entry.file_name() == name)
        };
        let is_case_only = self.from.as_bytes().eq_ignore_ascii_case(self.to.as_bytes());
        fs::symlink_metadata(path).is_ok()
            && (!is_case_only || path.file_name().is_some_and(is_listed))
    }
}

/// Returns an error if one of the paths is reached through a symlink.
pub(super) fn check_links(
    scratch: &Scratch,
    top: &Path,
    from: &RepoPath,
    to: &RepoPath,
) -> Result<(), StoreError> {
    [from, to].into_iter().try_for_each(|path| scratch.guard.check(&top.join(path.to_os_path())))
}

/// Renames a file. The new name must not exist.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(StoreError::new("move a file to", to, io::ErrorKind::AlreadyExists.into()));
    }
    disk::rename(from, to).map_err(|error| StoreError::new("move", from, error))?;
    pause("a file is moved");
    Ok(())
}
