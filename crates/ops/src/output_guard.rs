//! Where the files that a user names may be written.

use std::path::{Component, Path, PathBuf};

use idhooks_core::{config::is_own, registry::RepoPath};
use idhooks_repo::{git::Repo, store::Runs};

use super::OpsError;

/// Why a file is not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutputRefusal {
    /// It belongs to idhooks.
    #[error("'{}' belongs to idhooks itself", .0.display())]
    OwnFile(PathBuf),
    /// It is in the git directory.
    #[error("'{}' is in the git directory", .0.display())]
    InGitDir(PathBuf),
}

/// Refuses a file behind a link inside the repository, one of idhooks' own files, and one in the git
/// directory, where a report could replace what git needs. Only the reports of idhooks itself are there.
///
/// # Errors
/// Returns an error if the file is in such a place.
pub fn guard_output(repo: &Repo, file: &Path) -> Result<(), OpsError> {
    repo.link_guard().check(file)?;
    let place = real_path(file);
    let below = place.strip_prefix(real_path(repo.top())).ok();
    // The directory of idhooks, too, in which several files could be written.
    let is_its = |path: RepoPath| is_own(&path) || is_own([path.as_bytes(), b"/"].concat());
    if below.is_some_and(|path| RepoPath::of_os_path(path).is_ok_and(is_its)) {
        return Err(OutputRefusal::OwnFile(file.to_owned()).into());
    }
    let dirs = [repo.git_dir(), repo.common_dir(), repo.top().join(".git")];
    let is_below = |dir: &Path| place.starts_with(real_path(dir));
    if !dirs.iter().any(|dir| is_below(dir)) || is_below(&Runs::in_dir(&repo.state_dir()).reports())
    {
        return Ok(());
    }
    Err(OutputRefusal::InGitDir(file.to_owned()).into())
}

/// Returns where a path leads, whether or not all of it exists.
pub fn real_path(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let found = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    let Some((above, mut place)) = found else { return path };
    for part in path.strip_prefix(above).iter().flat_map(|rest| rest.components()) {
        match part {
            Component::ParentDir => drop(place.pop()),
            part => place.push(part),
        }
    }
    place
}
