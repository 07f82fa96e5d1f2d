//! Ownership of a repository: git refuses another user's, unless `safe.directory` allows it.

use std::path::Path;

use gix::ThreadSafeRepository;
use gix::sec::Trust;
use gix::sec::identity::is_path_owned_by_current_user;
use gix::sec::trust::DefaultForLevel;

use super::open_error::{OpenError, UnsafeRepository};
use super::{Git, GitError};

/// With this variable set, git treats every repository as another user's.
const ASSUMED: &str = "GIT_TEST_ASSUME_DIFFERENT_OWNER";

/// Returns the repository if git accepts it. Git is run only if the repository does not belong to
/// the user, so that hooks are usually not slowed down.
///
/// # Errors
/// Returns an error if git refuses the repository.
pub(super) fn trusted(
    git: &Git,
    found: ThreadSafeRepository,
) -> Result<ThreadSafeRepository, OpenError> {
    let git_dir = found.git_dir().to_owned();
    let top = found.work_tree.clone();
    // Git checks these three; the last is a file in linked working trees and submodules.
    let git_file = top.as_ref().map(|top| top.join(".git")).filter(|file| file.exists());
    let is_own = |path: &Path| is_path_owned_by_current_user(path).unwrap_or(false);
    let paths = [Some(&git_dir), top.as_ref(), git_file.as_ref()];
    if paths.into_iter().flatten().all(|path| is_own(path)) && std::env::var_os(ASSUMED).is_none() {
        return Ok(found);
    }
    if let Err(refusal) = git.run(&["rev-parse", "--git-dir"]) {
        return Err(match UnsafeRepository::read(&refusal) {
            Some(refused) => OpenError::Unsafe(refused),
            None => OpenError::Broken(refusal),
        });
    }
    if found.to_thread_local().git_dir_trust() == Trust::Full {
        return Ok(found);
    }
    // Git decides: it trusts a repository that gix would read only in part.
    let options = gix::open::Options::default_for_level(Trust::Full).with(Trust::Full);
    gix::ThreadSafeRepository::open_opts(&git_dir, options)
        .map_err(|error| OpenError::Broken(GitError::reading("the repository", &error)))
}
