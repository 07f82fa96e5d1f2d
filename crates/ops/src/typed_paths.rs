//! Converts paths that users type into repository paths.

use std::path::{Component, Path, PathBuf};

use idhooks_core::registry::RepoPath;
use idhooks_repo::git::Repo;
use idhooks_repo::store::resolve_path;

use crate::PathError;

/// The directory that every command runs in.
pub const HERE: &str = ".";

/// Returns the repository path for a path typed in `dir`.
///
/// # Errors
/// Returns an error if the path is outside the repository, or is its root.
pub fn repo_path(repo: &Repo, dir: &Path, typed: &Path) -> Result<RepoPath, PathError> {
    relative(repo, dir, typed)?.ok_or_else(|| PathError::Top(typed.into()))
}

/// Returns the repository path for the path of a file, as typed in the current directory.
///
/// # Errors
/// Returns an error if the path is a directory or outside the repository.
pub(crate) fn named_file(repo: &Repo, typed: &Path) -> Result<RepoPath, PathError> {
    let path = relative(repo, HERE.as_ref(), typed)?;
    // To git, a symlink to a directory is a file, not a directory.
    if typed.symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
        return Err(PathError::Directory(typed.into()));
    }
    path.ok_or_else(|| PathError::Top(typed.into()))
}

/// Like [`repo_path`], but returns `None` for the root of the working tree.
///
/// # Errors
/// Returns an error if the path is outside the repository.
pub fn relative(repo: &Repo, dir: &Path, typed: &Path) -> Result<Option<RepoPath>, PathError> {
    let outside = || PathError::Outside { typed: typed.into(), top: repo.top().into() };
    let start = std::path::absolute(dir).map_err(|_| outside())?;
    let top = normal(repo.top());
    let full = normal(&start.join(typed));
    let relative = match full.strip_prefix(&top) {
        Ok(relative) => relative.to_owned(),
        // The directory may be below a symlink that git has already resolved.
        Err(_) => {
            let start = resolve_path(&start).map_err(|_| outside())?;
            let top = resolve_path(&top).map_err(|_| outside())?;
            let full = normal(&start.join(typed));
            full.strip_prefix(&top).map_err(|_| outside())?.to_owned()
        }
    };
    if relative.as_os_str().is_empty() {
        return Ok(None);
    }
    RepoPath::of_os_path(&relative).map(Some).map_err(|_| outside())
}

/// Returns a repository path as a user would type it in a directory of the repository: the inverse
/// of [`repo_path`]. A `dir` of `None` is the root.
pub fn typed_path(dir: Option<&RepoPath>, path: &RepoPath) -> Vec<u8> {
    let path: Vec<&[u8]> = path.as_bytes().split(|byte| *byte == b'/').collect();
    let dir = dir.map_or(&b""[..], RepoPath::as_bytes).split(|byte| *byte == b'/');
    let dir: Vec<&[u8]> = dir.filter(|part| !part.is_empty()).collect();
    let parents = &path[..path.len() - 1];
    let shared = dir.iter().zip(parents).take_while(|(one, other)| one == other).count();
    let up = vec![&b".."[..]; dir.len() - shared];
    [&up, &path[shared..]].concat().join(&b'/')
}

/// Returns the current directory, unless it is the root of the working tree or outside it.
pub fn current_dir(repo: &Repo) -> Option<RepoPath> {
    relative(repo, HERE.as_ref(), HERE.as_ref()).ok().flatten()
}

/// Resolves `.` and `..` in a path without reading the file system.
fn normal(path: &Path) -> PathBuf {
    // The file system is not read, because the file may not exist yet or may be gone.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_path_begins_in_the_directory() {
        let path = |text: &str| RepoPath::new(text.as_bytes()).expect("valid");
        let typed = |dir: &str, to: &str| {
            let dir = Some(path(dir)).filter(|dir| dir.as_bytes() != b"top");
            String::from_utf8(typed_path(dir.as_ref(), &path(to))).expect("UTF-8")
        };
        assert_eq!(typed("top", "a/b"), "a/b");
        assert_eq!(typed("a", "a/b"), "b");
        assert_eq!(typed("a/b", "a/c"), "../c");
        assert_eq!(typed("a/b", "c"), "../../c");
        assert_eq!(typed("a", "a"), "../a");
        assert_eq!(typed("ab", "a/b"), "../a/b");
    }
}
