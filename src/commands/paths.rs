//! Paths as people type them.

use std::path::{Component, Path, PathBuf};

use crate::error::CommandError;
use crate::git::Repo;
use crate::registry::RepoPath;

/// Returns the repository path of a path typed in `dir`.
///
/// # Errors
/// Paths outside the repository, and its top itself.
pub(super) fn repo_path(repo: &Repo, dir: &Path, typed: &Path) -> Result<RepoPath, CommandError> {
    relative(repo, dir, typed)?.ok_or_else(|| {
        let message = format!("'{}' is the top of the repository, not a file", typed.display());
        CommandError::new(message).hint("name a file below it")
    })
}

/// As [`repo_path`]; nothing for the top of the repository.
///
/// # Errors
/// Paths outside the repository.
pub(super) fn relative(
    repo: &Repo,
    dir: &Path,
    typed: &Path,
) -> Result<Option<RepoPath>, CommandError> {
    let outside = || {
        CommandError::new(format!("'{}' is outside the repository", typed.display()))
            .hint(format!("name a file below '{}'", repo.top().display()))
    };
    let start = std::path::absolute(dir).map_err(|_| outside())?;
    let top = normal(repo.top());
    let full = normal(&start.join(typed));
    let relative = match full.strip_prefix(&top) {
        Ok(relative) => relative.to_owned(),
        // The way here may lead through a symbolic link that git has resolved.
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

/// Returns the path without `.` and `..`, as text alone tells.
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
