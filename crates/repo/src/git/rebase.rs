//! Reads the state of a rebase that is about to end. Also helps rewrite commits: it finds out which
//! commits are shared, and creates refs that keep the old commits.

use std::{collections::BTreeSet, io::ErrorKind, path::Path};

use idhooks_core::registry::BlobId;

use super::{CommitId, GitError, Repo, backups::stamp, branch::BRANCHES};

/// The state that git keeps for a rebase until its last hook has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebase {
    /// The commit that the branch was rebased onto.
    pub onto: CommitId,
    /// The branch's previous tip.
    pub old_head: CommitId,
    /// The old and new ids of each rewritten commit. Several commits may have been combined into
    /// one.
    pub rewritten: Vec<(CommitId, CommitId)>,
    /// The other branches that git will update after the hook.
    pub other_branches: Vec<String>,
    /// The branch being rebased, or `None` if HEAD was detached.
    pub branch: Option<String>,
}

/// The prefix of the refs that keep the branches' old tips.
const PREFIX: &str = "refs/idhooks/rewrites/";
/// The prefix of the refs that keep other people's commits on a reconciler's branch.
const RECONCILE: &str = "refs/idhooks/reconcile/";
/// The maximum number of refs with this prefix.
const KEPT: usize = 30;
/// The prefixes of refs whose commits count as shared.
const SHARING: [&str; 3] = ["refs/heads/", "refs/remotes/", "refs/tags/"];

impl Repo {
    /// Returns the rebase in progress, from either backend.
    ///
    /// # Errors
    /// Returns an error if git's rebase state cannot be read.
    pub fn rebase(&self) -> Result<Option<Rebase>, GitError> {
        // Each backend uses its own directory, and either of them may call the hook.
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
            // A detached HEAD is recorded as 'detached HEAD', without a prefix.
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

    /// Returns a rebase's base and the branch's previous tip, derived from the commits it made.
    /// `git rebase --apply` records them only if it stops.
    fn ends_of(
        &self,
        rewritten: &[(CommitId, CommitId)],
    ) -> Result<Option<(CommitId, CommitId)>, GitError> {
        let Some((_, first)) = rewritten.first() else { return Ok(None) };
        let Some(onto) = self.commit(*first)?.parents.first().copied() else { return Ok(None) };
        let old_head = self.git().text(&["rev-parse", "--verify", "ORIG_HEAD^{commit}"])?;
        Ok(Some((onto, commit_id(&old_head)?)))
    }

    /// Returns `tip` and its ancestors, parents first, without commits reachable from any of
    /// `excluded`.
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

    /// Returns `tip` and its ancestors, parents first, without commits reachable from any of
    /// `excluded`, from any remote or tag, or from any branch other than `own_branch`.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn unshared(
        &self,
        tip: CommitId,
        excluded: &[CommitId],
        own_branch: Option<&str>,
    ) -> Result<Vec<CommitId>, GitError> {
        // `--exclude` applies only to the next `--branches`, so it must come first.
        let but = own_branch.map(|branch| format!("--exclude={branch}"));
        let refs = ["--branches", "--remotes", "--tags"].map(str::to_owned);
        self.rev_list(tip, excluded, but.into_iter().chain(refs).collect())
    }

    /// Returns `tip` and its ancestors, parents first, without commits reachable from `other`, from
    /// any tag, or from any local or remote branch not named `branch`.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn only_on_branch(
        &self,
        branch: &str,
        tip: CommitId,
        other: CommitId,
    ) -> Result<Vec<CommitId>, GitError> {
        let local = [format!("--exclude={branch}"), "--branches".to_owned()];
        let remote = [format!("--exclude=*/{branch}"), "--remotes".to_owned()];
        let others = local.into_iter().chain(remote).chain(["--tags".to_owned()]);
        self.rev_list(tip, &[other], others.collect())
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
    /// configured to do so.
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
        // With `--for-rewrite`, git itself respects `notes.rewrite.<command>` and
        // `notes.rewriteRef`.
        self.git().synced().run_with(&["notes", "copy", &after], lines.as_bytes()).map(drop)
    }

    /// Returns the last of `commits` that is on a remote, on a tag, or on a branch other than
    /// `own_branch`, and the names of those refs. The commits are ancestors of `tip`, parents
    /// first.
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
        let own = own_branch.map(|branch| format!("{BRANCHES}{branch}"));
        let others = names.lines().filter(|name| Some(*name) != own.as_deref());
        let short = |name: &str| {
            let prefix = SHARING.iter().find_map(|prefix| name.strip_prefix(prefix));
            prefix.unwrap_or(name).to_owned()
        };
        Ok(Some((*shared, others.map(short).collect())))
    }

    /// Atomically moves the current branch from `old` to `new`, if it is still at `old`, and
    /// creates a ref that keeps `old`. `millis` is the time in milliseconds since the Unix epoch.
    /// Returns the ref's name.
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
        // A ref may only name objects that have been synced to disk; see [`Repo::write_ref`].
        self.sync_new(new, &[old])?;
        let name = kept_name(PREFIX, old, millis)?;
        // This is a single transaction, so if the branch has moved in the meantime, no backup ref
        // is left behind.
        let lines = format!("create {name} {old}\nupdate HEAD {new} {old}\n");
        self.git().synced().run_with(&["update-ref", "-m", reason, "--stdin"], lines.as_bytes())?;
        Ok(name)
    }

    /// Atomically moves a branch from `old` to `new`, if it is still at `old`, and creates a ref
    /// that keeps `old`; only the newest of these refs are kept. `millis` is the time in
    /// milliseconds since the Unix epoch. Returns the ref's name.
    ///
    /// # Errors
    /// Returns an error if the branch has moved or the refs cannot be written.
    pub fn put_branch_keeping(
        &self,
        branch: &str,
        new: CommitId,
        old: CommitId,
        reason: &str,
        millis: u64,
    ) -> Result<String, GitError> {
        self.sync_new(new, &[old])?;
        let name = kept_name(RECONCILE, old, millis)?;
        // git lists refs sorted by name, and the names begin with a time, so the oldest come first.
        let kept = self.git().text(&["for-each-ref", "--format=%(refname)", RECONCILE])?;
        let too_many = (kept.lines().count() + 1).saturating_sub(KEPT);
        let gone = kept.lines().take(too_many).map(|name| format!("delete {name}\n"));
        let lines =
            [format!("create {name} {old}\n"), format!("update {BRANCHES}{branch} {new} {old}\n")];
        let lines: String = lines.into_iter().chain(gone).collect();
        self.git().synced().run_with(&["update-ref", "-m", reason, "--stdin"], lines.as_bytes())?;
        Ok(name)
    }

    /// Returns the name of the git operation in progress, if any.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub(super) fn operation(&self) -> Result<Option<&'static str>, GitError> {
        let dir = self.git_dir();
        let markers = [
            ("rebase-merge", "rebase"),
            // 'git am' uses the same directory as 'git rebase --apply', but creates this file in
            // it.
            ("rebase-apply/applying", "am"),
            ("rebase-apply", "rebase"),
            ("MERGE_HEAD", "merge"),
            ("BISECT_LOG", "bisect"),
        ];
        if let Some((_, name)) = markers.iter().find(|(file, _)| dir.join(file).exists()) {
            return Ok(Some(name));
        }
        // After the user has committed a pick that had conflicts, `CHERRY_PICK_HEAD` is gone, and
        // only the list of remaining commits is left.
        if self.is_picking_several() || self.noted_head("CHERRY_PICK_HEAD")?.is_some() {
            return Ok(Some("cherry-pick"));
        }
        Ok(self.noted_head("REVERT_HEAD")?.map(|_| "revert"))
    }

    /// Returns the reason that a program that gives way to git has to wait, or `None` if it can go
    /// ahead.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn obstacle(&self) -> Result<Option<String>, GitError> {
        if self.index_file().lock().exists() {
            return Ok(Some("git has locked the index".to_owned()));
        }
        self.operation_in_progress()
    }

    /// Returns a sentence that names the git operation in progress, if any.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn operation_in_progress(&self) -> Result<Option<String>, GitError> {
        let article = |name: &str| if name.starts_with('a') { "an" } else { "a" };
        let sentence = |name| format!("{} {name} is in progress", article(name));
        Ok(self.operation()?.map(sentence))
    }
}

/// Returns the name of the ref under `prefix` that keeps a commit.
fn kept_name(prefix: &str, commit: CommitId, millis: u64) -> Result<String, GitError> {
    let (name, _) = stamp(commit.0, millis)
        .ok_or_else(|| GitError::failed("naming a backup", &"the system clock is wrong"))?;
    Ok(format!("{prefix}{name}"))
}

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

/// Parses lines that each contain an old commit id and a new one.
fn pairs(text: &str) -> Result<Vec<(CommitId, CommitId)>, GitError> {
    let pair = |line: &str| {
        let (old, new) = line.split_once(' ')?;
        Some(commit_id(old).and_then(|old| Ok((old, commit_id(new)?))))
    };
    text.lines().filter_map(pair).collect()
}

/// Parses ref names, each of which is followed by two lines with commit ids.
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
