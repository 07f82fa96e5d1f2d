//! Converts paths that users type into paths of the repository.

use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use idhooks_core::registry::RepoPath;
use idhooks_repo::git::Repo;

use crate::error::{CommandError, CommandResult};

/// The directory in which every command works.
pub(super) const HERE: &str = ".";

/// Returns the repository path of a path typed in `dir`.
///
/// # Errors
/// Returns an error if the path is outside the repository, or is its top.
pub(super) fn repo_path(repo: &Repo, dir: &Path, typed: &Path) -> CommandResult<RepoPath> {
    relative(repo, dir, typed)?.ok_or_else(|| {
        let message = format!("'{}' is the top of the repository, not a file", typed.display());
        CommandError::new(message).hint("name a file below it")
    })
}

/// Like [`repo_path`], but returns nothing for the top of the repository.
///
/// # Errors
/// Returns an error if the path is outside the repository.
pub(super) fn relative(repo: &Repo, dir: &Path, typed: &Path) -> CommandResult<Option<RepoPath>> {
    let outside = || {
        CommandError::new(format!("'{}' is outside the repository", typed.display()))
            .hint(format!("name a file below '{}'", repo.top().display()))
    };
    let start = std::path::absolute(dir).map_err(|_| outside())?;
    let top = normal(repo.top());
    let full = normal(&start.join(typed));
    let relative = match full.strip_prefix(&top) {
        Ok(relative) => relative.to_owned(),
        // The directory may be below a symbolic link that git has resolved.
        Err(_) => {
            let start = start.canonicalize().map_err(|_| outside())?;
            let top = top.canonicalize().map_err(|_| outside())?;
            let full = normal(&start.join(typed));
            full.strip_prefix(&top).map_err(|_| outside())?.to_owned()
        }
    };
    if relative.as_os_str().is_empty() {
        return Ok(None);
    }
    RepoPath::of_os_path(&relative).map(Some).map_err(|_| outside())
}

/// Returns the path without `.` and `..`, without reading the file system.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(normal.pop()),
            other => normal.push(other),
        }
    }
    normal
}

/// Reads a file named in `dir`, or the standard input; at most one byte more than `limit`.
///
/// # Errors
/// Returns an error if it cannot be read.
pub(super) fn read_typed(dir: &Path, file: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    match file.as_os_str() == "-" {
        true => io::stdin().lock().take(limit).read_to_end(&mut bytes)?,
        false => std::fs::File::open(dir.join(file))?.take(limit).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}

/// Returns the error for a directory that cannot be entered.
pub(super) fn no_directory(dir: &Path, error: &io::Error) -> CommandError {
    let shown = dir.display();
    let failure = match dir.is_dir() {
        true => CommandError::new(format!("cannot enter the directory '{shown}'")).because(error),
        false => CommandError::new(format!("no directory '{shown}'")),
    };
    failure.hint("name an existing directory: idhooks -C <dir> …")
}
