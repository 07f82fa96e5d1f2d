//! Rewriting commits: which of them are shared, and refs that keep the old ones.

use std::collections::BTreeSet;

use super::backups::stamp;
use super::{CommitId, GitError, Repo};

/// The prefix of the refs that keep the old tips.
const PREFIX: &str = "refs/idhooks/rewrites/";
/// The refs that make a commit shared.
const SHARING: [&str; 3] = ["refs/heads/", "refs/remotes/", "refs/tags/"];

impl Repo {
    /// Returns the last of some commits before `tip`, parents first, that a remote, a tag or a
    /// branch other than `own_branch` has, and the names of these.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
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

    /// Moves the current branch from `old` to `new`, if it is still at `old`, and keeps `old` under
    /// a ref of ours, atomically. `millis` is the time in milliseconds since 1970-01-01T00:00:00Z.
    /// Returns the name of the ref.
    ///
    /// # Errors
    /// Returns an error if the branch has moved or the refs cannot be written.
    pub fn move_head_keeping(
        &self,
        new: CommitId,
        old: CommitId,
        reason: &str,
        millis: u64,
    ) -> Result<String, GitError> {
        let Some((name, _)) = stamp(old.0, millis) else {
            return Err(GitError::failed("naming a backup", &"the system clock is wrong"));
        };
        let name = format!("{PREFIX}{name}");
        let lines = format!("create {name} {old}\nupdate HEAD {new} {old}\n");
        self.git().run_with(&["update-ref", "-m", reason, "--stdin"], lines.as_bytes())?;
        Ok(name)
    }

    /// Returns the name of the git operation that is under way, if there is one.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn operation(&self) -> Result<Option<&'static str>, GitError> {
        let dir = self.git_dir();
        let markers = [
            ("rebase-merge", "rebase"),
            ("rebase-apply/applying", "am"),
            ("rebase-apply", "rebase"),
            ("MERGE_HEAD", "merge"),
            ("BISECT_LOG", "bisect"),
        ];
        if let Some((_, name)) = markers.iter().find(|(file, _)| dir.join(file).exists()) {
            return Ok(Some(name));
        }
        if self.is_picking_several() || self.noted_head("CHERRY_PICK_HEAD")?.is_some() {
            return Ok(Some("cherry-pick"));
        }
        Ok(self.noted_head("REVERT_HEAD")?.map(|_| "revert"))
    }
}
