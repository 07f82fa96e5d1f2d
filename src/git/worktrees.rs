//! The working trees of a repository.

use std::path::PathBuf;

use super::command::os_string;
use super::{GitError, Repo};

impl Repo {
    /// Returns the directory that stands for the repository whichever working tree this is: the top
    /// of its main working tree, or the git directory of one that has none.
    ///
    /// # Errors
    /// Git that does not tell.
    pub fn main_dir(&self) -> Result<PathBuf, GitError> {
        if self.git_dir() == self.common_dir() {
            return Ok(self.top().to_owned());
        }
        let told = self.git().run(&["worktree", "list", "--porcelain"])?;
        let first = told.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let Some(path) = first.strip_prefix(b"worktree ") else {
            return Err(GitError::reading("the working trees", &String::from_utf8_lossy(first)));
        };
        Ok(PathBuf::from(os_string(path)))
    }
}
