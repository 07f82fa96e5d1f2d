//! [`OpenError`], the reasons that a repository cannot be opened, and the ownership check: git
//! refuses another user's repository unless `safe.directory` allows it.

use std::path::{Path, PathBuf};

use gix::ThreadSafeRepository;
use gix::sec::Trust;
use gix::sec::identity::is_path_owned_by_current_user;
use gix::sec::trust::DefaultForLevel;

use crate::environment::Environment;
use crate::store::StoreError;

use super::{Git, GitError};

/// Why a repository cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no repository in this directory or in any parent directory.
    #[error("'{0}' is not in a git repository")]
    NotARepository(PathBuf),
    /// `GIT_DIR` names a path that is not a repository.
    #[error("GIT_DIR is '{0}', which is not a git repository")]
    InvalidGitDir(PathBuf),
    /// The repository has no working tree.
    #[error("'{0}' is a bare repository")]
    Bare(PathBuf),
    /// The directory is inside a git directory.
    #[error("you are inside a git directory, not in a working tree")]
    InGitDir,
    /// Git refuses the repository because another user owns it.
    #[error(transparent)]
    Unsafe(UnsafeRepository),
    /// The clone's state directory is a symlink or contains one.
    #[error(transparent)]
    Linked(StoreError),
    /// The repository cannot be opened.
    #[error(transparent)]
    Broken(GitError),
}

/// Why git refuses a repository, and the remedy that it suggests.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("git does not trust this repository: {reason}")]
pub struct UnsafeRepository {
    /// The first line of git's message.
    reason: String,
    /// The command that marks the repository as trusted.
    pub remedy: String,
}

impl UnsafeRepository {
    /// Parses git's message; returns `None` if the message is about something else.
    pub fn read(refusal: &GitError) -> Option<Self> {
        let mut lines = refusal.reason.lines().map(str::trim);
        // For other settings about unsafe repositories, git suggests no command.
        let remedy = lines.find(|line| line.starts_with("git config") && line.contains("safe."))?;
        Some(UnsafeRepository {
            reason: refusal.first_line().to_owned(),
            remedy: remedy.to_owned(),
        })
    }
}

/// If this variable is set, git assumes that every repository belongs to another user.
const ASSUMED: &str = "GIT_TEST_ASSUME_DIFFERENT_OWNER";

/// Returns the repository if git accepts it. Git is run only if the user does not own the
/// repository, so hooks usually pay nothing for this check.
///
/// # Errors
/// Returns an error if git refuses the repository.
pub(super) fn trusted(
    git: &Git,
    environment: &Environment,
    found: ThreadSafeRepository,
) -> Result<ThreadSafeRepository, OpenError> {
    let git_dir = found.git_dir().to_owned();
    let top = found.work_tree.clone();
    // Git checks the owners of these three paths. `.git` is a file in linked working trees and
    // submodules.
    let git_file = top.as_ref().map(|top| top.join(".git")).filter(|file| file.exists());
    let is_own = |path: &Path| is_path_owned_by_current_user(path).unwrap_or(false);
    let paths = [Some(&git_dir), top.as_ref(), git_file.as_ref()];
    if paths.into_iter().flatten().all(|path| is_own(path)) && !environment.is_set(ASSUMED) {
        return Ok(found);
    }
    // git decides, because `safe.directory` and the exception for sudo are its own rules.
    if let Err(refusal) = git.run(&["rev-parse", "--git-dir"]) {
        return Err(match UnsafeRepository::read(&refusal) {
            Some(refused) => OpenError::Unsafe(refused),
            None => OpenError::Broken(refusal),
        });
    }
    if found.to_thread_local().git_dir_trust() == Trust::Full {
        return Ok(found);
    }
    // git has decided to trust the repository, but by default, gix would read only part of its
    // configuration.
    let options = gix::open::Options::default_for_level(Trust::Full).with(Trust::Full);
    gix::ThreadSafeRepository::open_opts(&git_dir, options)
        .map_err(|error| OpenError::Broken(GitError::reading("the repository", &error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(reason: &str) -> Option<UnsafeRepository> {
        let (what, reason) = (String::new(), reason.to_owned());
        UnsafeRepository::read(&GitError { what, reason, code: Some(128) })
    }

    #[test]
    fn the_remedy_is_the_one_of_git() {
        let message = "fatal: detected dubious ownership in repository at '/a b'\nTo add an exception \
                    for this directory, call:\n\n\tgit config --global --add safe.directory '/a b'";
        let refused = refused(message).expect("refused");
        assert_eq!(refused.remedy, "git config --global --add safe.directory '/a b'");
        assert!(refused.to_string().ends_with("ownership in repository at '/a b'"), "{refused}");
    }

    #[test]
    fn other_errors_are_ignored() {
        assert_eq!(refused("fatal: not a git repository (or any of the parent directories)"), None);
        assert_eq!(refused(""), None);
    }
}
