//! The state of a rebase that is about to end.

use std::io::ErrorKind;
use std::path::Path;

use idhooks_core::registry::BlobId;

use super::{CommitId, GitError, Repo};

/// The state that git keeps of a rebase until its last hook has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebase {
    /// The commit that the branch was rebased onto.
    pub onto: CommitId,
    /// The previous tip of the branch.
    pub old_head: CommitId,
    /// The old and new id of each rewritten commit. Several may have become one.
    pub rewritten: Vec<(CommitId, CommitId)>,
    /// Other branches that git updates after the hook.
    pub other_branches: Vec<String>,
    /// The branch, or `None` if HEAD was detached.
    branch: Option<String>,
}

impl Repo {
    /// Returns the rebase under way, from either backend.
    ///
    /// # Errors
    /// Returns an error if git's state of the rebase cannot be read.
    pub fn rebase(&self) -> Result<Option<Rebase>, GitError> {
        for (dir, rewritten) in [("rebase-merge", "rewritten-list"), ("rebase-apply", "rewritten")]
        {
            let dir = self.git_dir().join(dir);
            let rewritten = pairs(&read(&dir, rewritten)?.unwrap_or_default())?;
            let (onto, old_head) = (read(&dir, "onto")?, read(&dir, "orig-head")?);
            let ends = match (onto, old_head) {
                (Some(onto), Some(old_head)) => Some((commit_id(&onto)?, commit_id(&old_head)?)),
                _ => self.ends_of(&rewritten)?,
            };
            let Some((onto, old_head)) = ends else { continue };
            let branch = read(&dir, "head-name")?;
            let branch = branch.and_then(|name| Some(name.trim().strip_prefix(BRANCHES)?.into()));
            return Ok(Some(Rebase {
                onto,
                old_head,
                rewritten,
                other_branches: updated_branches(&read(&dir, "update-refs")?.unwrap_or_default()),
                branch,
            }));
        }
        Ok(None)
    }

    /// Returns the base and the previous tip of a rebase, from the commits that it made:
    /// `git rebase --apply` records them only when it stops.
    fn ends_of(
        &self,
        rewritten: &[(CommitId, CommitId)],
    ) -> Result<Option<(CommitId, CommitId)>, GitError> {
        let Some((_, first)) = rewritten.first() else { return Ok(None) };
        let Some(onto) = self.commit(*first)?.parents.first().copied() else { return Ok(None) };
        let old_head = self.git().text(&["rev-parse", "--verify", "ORIG_HEAD^{commit}"])?;
        Ok(Some((onto, commit_id(&old_head)?)))
    }

    /// Returns the ancestors of `tip`, itself included, that none of `excluded` reaches, parents
    /// first.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn commits_since(
        &self,
        tip: CommitId,
        excluded: &[CommitId],
    ) -> Result<Vec<CommitId>, GitError> {
        self.rev_list(tip, excluded, Vec::new())
    }

    /// Returns the commits of a rebase up to `tip` that no other branch, remote or tag has, parents
    /// first.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn commits_of_only(
        &self,
        tip: CommitId,
        rebase: &Rebase,
    ) -> Result<Vec<CommitId>, GitError> {
        self.unshared(tip, &[rebase.onto, rebase.old_head], rebase.branch.as_deref())
    }

    /// Returns the ancestors of `tip`, itself included, that none of `excluded` reaches and that no
    /// remote, no tag and no branch but `own_branch` has, parents first.
    pub(super) fn unshared(
        &self,
        tip: CommitId,
        excluded: &[CommitId],
        own_branch: Option<&str>,
    ) -> Result<Vec<CommitId>, GitError> {
        let but = own_branch.map(|branch| format!("--exclude={branch}"));
        let refs = ["--branches", "--remotes", "--tags"].map(str::to_owned);
        self.rev_list(tip, excluded, but.into_iter().chain(refs).collect())
    }

    fn rev_list(
        &self,
        tip: CommitId,
        excluded: &[CommitId],
        others: Vec<String>,
    ) -> Result<Vec<CommitId>, GitError> {
        let excluded = excluded.iter().map(CommitId::to_string).chain(others);
        let revisions: Vec<String> =
            [tip.to_string(), "--not".to_owned()].into_iter().chain(excluded).collect();
        Ok(self.commits(&revisions)?.into_iter().map(|commit| commit.id).collect())
    }

    /// Copies the git notes of rewritten commits, as git does after `command` (rebase or amend) if
    /// it is configured to.
    ///
    /// # Errors
    /// Returns an error if the notes cannot be written.
    pub fn copy_notes(
        &self,
        command: &str,
        rewritten: &[(CommitId, CommitId)],
    ) -> Result<(), GitError> {
        let lines: String = rewritten.iter().map(|(old, new)| format!("{old} {new}\n")).collect();
        let after = format!("--for-rewrite={command}");
        self.git().run_with(&["notes", "copy", &after], lines.as_bytes()).map(drop)
    }
}

const BRANCHES: &str = "refs/heads/";

fn read(dir: &Path, name: &str) -> Result<Option<String>, GitError> {
    let path = dir.join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(GitError::reading(&path.display().to_string(), &error)),
    }
}

fn commit_id(text: &str) -> Result<CommitId, GitError> {
    let id = text.trim().parse::<BlobId>();
    id.map(CommitId).map_err(|error| GitError::reading("the state of the rebase", &error))
}

/// Parses lines of an old and a new commit id.
fn pairs(text: &str) -> Result<Vec<(CommitId, CommitId)>, GitError> {
    let pair = |line: &str| {
        let (old, new) = line.split_once(' ')?;
        Some(commit_id(old).and_then(|old| Ok((old, commit_id(new)?))))
    };
    text.lines().filter_map(pair).collect()
}

/// Parses the names of refs; each is followed by two lines with commit ids.
fn updated_branches(text: &str) -> Vec<String> {
    text.lines().step_by(3).map(|name| name.trim_start_matches(BRANCHES).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_state() {
        let id = |digit: &str| digit.repeat(40);
        let (a, b) = (id("a"), id("b"));
        let found = pairs(&format!("{a} {b}\n{b} {a}\n")).expect("valid");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].1.to_string(), b);
        assert!(pairs("x y\n").is_err());
        let refs = format!("refs/heads/topic/one\n{a}\n{b}\nrefs/heads/two\n{a}\n{b}\n");
        assert_eq!(updated_branches(&refs), ["topic/one", "two"]);
        assert!(updated_branches("").is_empty());
    }
}
