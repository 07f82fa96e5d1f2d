//! The current branch, and commits that are made on it without hooks.

use idhooks_core::registry::RepoPath;

use crate::store::program_path;

use super::{CommitId, GitError, Repo, driver_command};

/// The name of the main branch if nothing else says so.
const MAIN: &str = "main";

impl Repo {
    /// Returns the name of the main branch: the HEAD of the remote, else the current branch.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn main_branch(&self) -> Result<String, GitError> {
        let git = self.git();
        let remote = git.ask(&["symbolic-ref", "-q", "refs/remotes/origin/HEAD"])?;
        let remote =
            remote.and_then(|name| Some(name.strip_prefix("refs/remotes/origin/")?.to_owned()));
        if let Some(name) = remote {
            return Ok(name);
        }
        Ok(self.own_branch()?.unwrap_or_else(|| MAIN.to_owned()))
    }

    /// Returns the name of the current branch, or `None` if HEAD is detached.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn own_branch(&self) -> Result<Option<String>, GitError> {
        self.git().ask(&["symbolic-ref", "-q", "--short", "HEAD"])
    }

    /// Checks that index and working tree match HEAD. Untracked files do not count.
    ///
    /// # Errors
    /// Returns an error if there are uncommitted changes or git cannot be run.
    pub fn assert_clean(&self) -> Result<(), GitError> {
        let changes = self.git().text(&["status", "--porcelain", "--untracked-files=no"])?;
        let Some(first) = changes.lines().next() else { return Ok(()) };
        Err(GitError {
            what: "there are uncommitted changes".to_owned(),
            reason: first.trim().to_owned(),
            code: None,
        })
    }

    /// Merges a commit into index and working tree with our merge driver, without committing.
    /// Returns the conflicting paths.
    ///
    /// # Errors
    /// Returns an error if git cannot begin the merge.
    pub fn begin_merge(&self, other: CommitId) -> Result<Vec<RepoPath>, GitError> {
        let program = program_path().map_err(|e| GitError::reading("the path of idhooks", &e))?;
        let driver = format!("merge.idhooks.driver={}", driver_command(&program));
        let other = other.to_string();
        let args = ["-c", &driver, "merge", "--no-commit", "--no-ff", "-q", &other];
        let git = self.git();
        let output = git.answer(&args, b"")?;
        let index = self.index(&self.index_file())?;
        if !output.status.success() && index.unmerged.is_empty() {
            return Err(git.refused(&args, &output));
        }
        Ok(index.unmerged.into_keys().collect())
    }

    /// Resets branch, index and working tree to a commit and ends a merge under way. Uncommitted
    /// changes are lost, so call [`Repo::assert_clean`] first.
    ///
    /// # Errors
    /// Returns an error if git cannot reset.
    pub fn reset_to(&self, commit: CommitId) -> Result<(), GitError> {
        self.git().run(&["reset", "-q", "--hard", &commit.to_string()]).map(drop)
    }

    /// Commits the index without hooks, and completes a merge under way.
    ///
    /// # Errors
    /// Returns an error if the committer is unknown or the commit cannot be stored.
    pub fn commit_index(&self, message: &str) -> Result<CommitId, GitError> {
        self.git().run(&["commit", "-q", "--no-verify", "-m", message])?;
        let head = self.head()?;
        head.ok_or_else(|| GitError::reading("the new commit", &"HEAD is unborn"))
    }
}
