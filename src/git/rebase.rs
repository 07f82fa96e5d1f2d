//! A rebase that is about to end, as git notes it.

use std::io::ErrorKind;
use std::path::Path;

use crate::registry::BlobId;

use super::{CommitId, GitError, Repo};

/// What git notes of a rebase until its last hook has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebase {
    /// The commit that the branch was put on.
    pub onto: CommitId,
    /// The tip of the branch before.
    pub old_head: CommitId,
    /// Which commit became which; several may have become one.
    pub rewritten: Vec<(CommitId, CommitId)>,
    /// Other branches that git moves along once the hook has run.
    pub other_branches: Vec<String>,
    /// The branch, unless HEAD was detached.
    branch: Option<String>,
}

impl Repo {
    /// Returns the rebase under way, by whichever backend.
    ///
    /// # Errors
    /// Notes of git that cannot be read.
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
                other_branches: moved_along(&read(&dir, "update-refs")?.unwrap_or_default()),
                branch,
            }));
        }
        Ok(None)
    }

    /// Returns what a rebase put commits on and the tip of the branch before, from the commits
    /// it made: `git rebase --apply` notes them only once it has stopped.
    fn ends_of(
        &self,
        rewritten: &[(CommitId, CommitId)],
    ) -> Result<Option<(CommitId, CommitId)>, GitError> {
        let Some((_, first)) = rewritten.first() else { return Ok(None) };
        let Some(onto) = self.commit(*first)?.parents.first().copied() else { return Ok(None) };
        let old_head = self.git().text(&["rev-parse", "--verify", "ORIG_HEAD^{commit}"])?;
        Ok(Some((onto, commit_id(&old_head)?)))
    }

    /// Returns the commits that lead to `tip` and that none of `known` reaches, parents first.
    ///
    /// # Errors
    /// Git that cannot be run.
    pub fn commits_since(
        &self,
        tip: CommitId,
        known: &[CommitId],
    ) -> Result<Vec<CommitId>, GitError> {
        self.rev_list(tip, known, &[])
    }

    /// Returns those commits of a rebase that led to `tip` and that no other branch, remote or
    /// tag has, parents first.
    ///
    /// # Errors
    /// Git that cannot be run.
    pub fn commits_of_only(
        &self,
        tip: CommitId,
        rebase: &Rebase,
    ) -> Result<Vec<CommitId>, GitError> {
        self.unshared(tip, &[rebase.onto, rebase.old_head], rebase.branch.as_deref())
    }

    /// Returns the commits that lead to `tip`, that none of `known` reaches, and that no remote, no
    /// tag and no other branch than `own_branch` has, parents first.
    pub(super) fn unshared(
        &self,
        tip: CommitId,
        known: &[CommitId],
        own_branch: Option<&str>,
    ) -> Result<Vec<CommitId>, GitError> {
        let but = own_branch.map(|branch| format!("--exclude={branch}"));
        let refs = ["--branches", "--remotes", "--tags"].map(str::to_owned);
        let others: Vec<String> = but.into_iter().chain(refs).collect();
        self.rev_list(tip, known, &others)
    }

    fn rev_list(
        &self,
        tip: CommitId,
        known: &[CommitId],
        others: &[String],
    ) -> Result<Vec<CommitId>, GitError> {
        let mut args: Vec<String> =
            ["rev-list", "--topo-order", "--reverse"].map(str::to_owned).into();
        args.extend([tip.to_string(), "--not".to_owned()]);
        args.extend(known.iter().map(CommitId::to_string));
        args.extend_from_slice(others);
        self.git().text(&args)?.lines().map(commit_id).collect()
    }

    /// Copies the notes of rewritten commits, as git does after `command` (rebase or amend) if
    /// it is configured to.
    ///
    /// # Errors
    /// Notes that cannot be written.
    pub fn copy_notes(
        &self,
        command: &str,
        rewritten: &[(CommitId, CommitId)],
    ) -> Result<(), GitError> {
        let lines: String = rewritten.iter().map(|(old, new)| format!("{old} {new}\n")).collect();
        let after = format!("--for-rewrite={command}");
        self.git().run_with(&["notes", "copy", &after], lines.as_bytes())?;
        Ok(())
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
    id.map(CommitId).map_err(|error| GitError::reading("the notes of the rebase", &error))
}

/// Reads lines of an old and a new commit.
fn pairs(text: &str) -> Result<Vec<(CommitId, CommitId)>, GitError> {
    let pair = |line: &str| {
        let (old, new) = line.split_once(' ')?;
        Some(commit_id(old).and_then(|old| Ok((old, commit_id(new)?))))
    };
    text.lines().filter_map(pair).collect()
}

/// Reads the names of refs: each stands over two lines with its commits.
fn moved_along(text: &str) -> Vec<String> {
    text.lines().step_by(3).map(|name| name.trim_start_matches(BRANCHES).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_notes() {
        let id = |digit: &str| digit.repeat(40);
        let (a, b) = (id("a"), id("b"));
        let found = pairs(&format!("{a} {b}\n{b} {a}\n")).expect("valid");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].1.to_string(), b);
        assert!(pairs("x y\n").is_err());
        let refs = format!("refs/heads/topic/one\n{a}\n{b}\nrefs/heads/two\n{a}\n{b}\n");
        assert_eq!(moved_along(&refs), ["topic/one", "two"]);
        assert!(moved_along("").is_empty());
    }
}
