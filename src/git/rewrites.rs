//! Commits that a command puts others in the place of: who else has them, and where they stay.

use std::collections::BTreeSet;

use super::backups::stamp;
use super::{CommitId, GitError, Repo};

/// Where the tips are kept from which a branch was moved.
const PREFIX: &str = "refs/idhooks/rewrites/";
/// The refs by which others may have a commit.
const SHARING: [&str; 3] = ["refs/heads/", "refs/remotes/", "refs/tags/"];

impl Repo {
    /// Returns the last of some commits before `tip`, parents first, that a remote, a tag or another
    /// branch than `own_branch` has, and what these are called.
    ///
    /// # Errors
    /// Git that cannot be run.
    pub fn shared(
        &self,
        commits: &[CommitId],
        tip: CommitId,
        own_branch: Option<&str>,
    ) -> Result<Option<(CommitId, Vec<String>)>, GitError> {
        let alone: BTreeSet<CommitId> = self.unshared(tip, &[], own_branch)?.into_iter().collect();
        let shared = commits.iter().rev().find(|id| !alone.contains(id));
        let Some(shared) = shared else { return Ok(None) };
        let contains = format!("--contains={shared}");
        let args = ["for-each-ref", &contains, "--format=%(refname)"];
        let names = self.git().text(&[&args[..], &SHARING[..]].concat())?;
        let own = own_branch.map(|branch| format!("refs/heads/{branch}"));
        let others = names.lines().filter(|name| Some(*name) != own.as_deref());
        let short = |name: &str| {
            let prefix = SHARING.iter().find_map(|prefix| name.strip_prefix(prefix));
            prefix.unwrap_or(name).to_owned()
        };
        Ok(Some((*shared, others.map(short).collect())))
    }

    /// Moves the current branch from `old` to `new`, only if it is still at `old`, and keeps `old`
    /// under a ref of ours: both or neither. `millis` is when, after 1970-01-01T00:00:00Z. Returns
    /// the name of the ref.
    ///
    /// # Errors
    /// A branch that has moved, or refs that cannot be written.
    pub fn move_head_keeping(
        &self,
        new: CommitId,
        old: CommitId,
        reason: &str,
        millis: u64,
    ) -> Result<String, GitError> {
        let Some((name, _)) = stamp(old.0, millis) else {
            return Err(GitError::failed("naming a backup", &"the clock is wrong"));
        };
        let name = format!("{PREFIX}{name}");
        let lines = format!("create {name} {old}\nupdate HEAD {new} {old}\n");
        self.git().run_with(&["update-ref", "-m", reason, "--stdin"], lines.as_bytes())?;
        Ok(name)
    }

    /// Returns the name of the operation of git that is under way, if one is.
    ///
    /// # Errors
    /// Git that cannot be run.
    pub fn operation(&self) -> Result<Option<&'static str>, GitError> {
        let dir = self.git_dir();
        let noted = [
            ("rebase-merge", "rebase"),
            ("rebase-apply/applying", "am"),
            ("rebase-apply", "rebase"),
            ("MERGE_HEAD", "merge"),
            ("BISECT_LOG", "bisect"),
        ];
        if let Some((_, name)) = noted.iter().find(|(file, _)| dir.join(file).exists()) {
            return Ok(Some(name));
        }
        if self.is_picking_several() || self.noted_head("CHERRY_PICK_HEAD")?.is_some() {
            return Ok(Some("cherry-pick"));
        }
        Ok(self.noted_head("REVERT_HEAD")?.map(|_| "revert"))
    }
}
