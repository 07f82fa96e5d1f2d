//! Commits on the branch that is checked out, made without hooks.

use crate::registry::RepoPath;
use crate::store::program_path;

use super::{CommitId, GitError, Repo, driver_command};

/// What a branch is called where nothing tells.
const MAIN: &str = "main";

impl Repo {
    /// Returns the name of the branch that everything goes to: the one the remote calls its HEAD,
    /// else the one that is checked out.
    ///
    /// # Errors
    /// Git that cannot be run.
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

    /// Returns the name of the branch that is checked out, if one is.
    ///
    /// # Errors
    /// Git that cannot be run.
    pub fn own_branch(&self) -> Result<Option<String>, GitError> {
        self.git().ask(&["symbolic-ref", "-q", "--short", "HEAD"])
    }

    /// Asserts that index and working tree have what HEAD has; untracked files do not count.
    ///
    /// # Errors
    /// Changes.
    pub fn assert_clean(&self) -> Result<(), GitError> {
        let changes = self.git().text(&["status", "--porcelain", "--untracked-files=no"])?;
        let Some(first) = changes.lines().next() else { return Ok(()) };
        Err(GitError {
            what: "there are changes that are not committed".to_owned(),
            reason: first.trim().to_owned(),
            code: None,
        })
    }

    /// Merges a commit into index and working tree, with our merge driver; returns the paths that
    /// conflict.
    ///
    /// # Errors
    /// Git that cannot begin to merge.
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

    /// Has the branch, index and working tree be at a commit, and no merge be under way. For those
    /// who have found them clean.
    ///
    /// # Errors
    /// Git that cannot.
    pub fn reset_to(&self, commit: CommitId) -> Result<(), GitError> {
        self.git().run(&["reset", "-q", "--hard", &commit.to_string()]).map(drop)
    }

    /// Commits the index, and ends a merge that was begun.
    ///
    /// # Errors
    /// A committer that is not known; a commit that cannot be stored.
    pub fn commit_index(&self, message: &str) -> Result<CommitId, GitError> {
        self.git().run(&["commit", "-q", "--no-verify", "-m", message])?;
        let head = self.head()?;
        head.ok_or_else(|| GitError::reading("the commit that was made", &"HEAD is unborn"))
    }
}
