//! The working trees of a repository.

use std::path::PathBuf;

use super::command::os_string;
use super::{GitError, Repo};

impl Repo {
    /// Returns the main directory of the repository, from any of its working trees: the top of the
    /// main working tree, or the git directory if there is none.
    ///
    /// # Errors
    /// Returns an error if git does not list the working trees.
    pub fn main_dir(&self) -> Result<PathBuf, GitError> {
        if self.git_dir() == self.common_dir() {
            return Ok(self.top().to_owned());
        }
        let list = self.git().run(&["worktree", "list", "--porcelain"])?;
        let first = list.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let Some(path) = first.strip_prefix(b"worktree ") else {
            return Err(GitError::reading("the working trees", &String::from_utf8_lossy(first)));
        };
        Ok(PathBuf::from(os_string(path)))
    }
}
