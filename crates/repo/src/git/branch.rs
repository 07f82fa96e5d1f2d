//! The current branch, commits made on it without running hooks, and merging two commits without a
//! working tree, as a forge does.

use std::collections::BTreeSet;

use idhooks_core::registry::{REGISTRY_PATH, RepoPath};

use crate::store::program_path;

use super::{CommitId, DriverCommands, GitError, HookProgram, Repo, TreeId};

/// The main branch's default name.
const MAIN: &str = "main";

/// Git's own text merge, used in place of our merge driver.
const NO_DRIVER: &str = "merge.idhooks.driver=git merge-file --marker-size=%L %A %O %B";

/// The result of merging two commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedTree {
    /// The merged tree. A conflicting file either contains conflict markers or comes from the only
    /// side that still has it.
    pub tree: TreeId,
    /// The conflicting paths.
    pub conflicts: BTreeSet<RepoPath>,
}

/// The ref prefix for branches.
pub(super) const BRANCHES: &str = "refs/heads/";

/// The command that prints a patch; its options override the user's settings.
const PATCH: &[&str] = &[
    "-c",
    "format.signOff=false",
    "-c",
    "format.useAutoBase=false",
    "format-patch",
    "--stdout",
    // Drops the headers from `format.headers`; setting it to an empty value would add an empty
    // line.
    "--no-add-header",
    "--no-signature",
    "--no-attach",
    "--no-thread",
    "--no-cover-letter",
    "--no-numbered",
    "--no-to",
    "--no-cc",
    "--no-from",
    "--no-notes",
    "--subject-prefix=PATCH",
    "--full-index",
    "--binary",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--no-relative",
    "--no-color",
    "-O/dev/null",
    "--src-prefix=a/",
    "--dst-prefix=b/",
];

impl Repo {
    /// Returns the name of the main branch: the remote's HEAD, or else the current branch.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn main_branch(&self) -> Result<String, GitError> {
        let git = self.git();
        // A repository that was not cloned may lack this ref.
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

    /// Returns a branch's commit, or `None` if the branch does not exist.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn branch(&self, name: &str) -> Result<Option<CommitId>, GitError> {
        self.resolve(&format!("{BRANCHES}{name}"))
    }

    /// Returns the working tree that has a branch checked out, if any.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn worktree_of_branch(&self, name: &str) -> Result<Option<String>, GitError> {
        let name = format!("{BRANCHES}{name}");
        let format = "--format=%(refname) %(worktreepath)";
        let lines = self.git().text(&["for-each-ref", format, &name])?;
        let of_line = |line: &str| line.strip_prefix(&name)?.strip_prefix(' ').map(str::to_owned);
        Ok(lines.lines().find_map(of_line).filter(|place| !place.is_empty()))
    }

    /// Creates a branch, or moves it if it still points to `old`.
    ///
    /// # Errors
    /// Returns an error if the branch has moved in the meantime or cannot be written.
    pub fn put_branch(
        &self,
        name: &str,
        new: CommitId,
        old: Option<CommitId>,
        reason: &str,
    ) -> Result<(), GitError> {
        self.sync_new(new, old.as_slice())?;
        let (name, new) = (format!("{BRANCHES}{name}"), new.to_string());
        let old = old.map(|old| old.to_string()).unwrap_or_default();
        self.git().synced().run(&["update-ref", "-m", reason, &name, &new, &old]).map(drop)
    }

    /// Returns a commit as a patch for `git am`, regardless of the user's settings.
    ///
    /// # Errors
    /// Returns an error if git cannot make it.
    pub fn patch_of(&self, commit: CommitId) -> Result<Vec<u8>, GitError> {
        let commit = commit.to_string();
        self.git().run(&[PATCH, &["-1", &commit]].concat())
    }

    /// Returns whether this is a shallow clone.
    ///
    /// # Errors
    /// Returns an error if the clone's boundary cannot be read.
    pub fn is_shallow(&self) -> Result<bool, GitError> {
        self.gix.is_shallow().map_err(|e| GitError::reading("the boundary of the clone", &e))
    }

    /// Checks that the index and working tree match HEAD. Untracked files do not count.
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

    /// Returns the work in progress in the working tree, if any: a git operation, staged changes,
    /// or changes to the registry. Edits to other files do not count.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn work_in_progress(&self) -> Result<Option<String>, GitError> {
        if let Some(operation) = self.operation_in_progress()? {
            return Ok(Some(operation));
        }
        // If the status refreshed the index, it would lock the index and could make the user's own
        // git command fail.
        let args = ["--no-optional-locks", "status", "--porcelain", "--untracked-files=no"];
        let changes = self.git().text(&args)?;
        // Each line has the state in the index, the state in the working tree, and the path.
        Ok(changes.lines().find_map(|line| match line.split_at_checked(3)? {
            (state, path) if !state.starts_with(' ') => Some(format!("staged changes: {path}")),
            (_, REGISTRY_PATH) => Some(format!("'{REGISTRY_PATH}' has changes")),
            _ => None,
        }))
    }

    /// Merges a commit into the index and working tree with our merge drivers, without committing.
    /// Returns the conflicting paths.
    ///
    /// # Errors
    /// Returns an error if git cannot begin the merge.
    pub fn begin_merge(&self, other: CommitId) -> Result<Vec<RepoPath>, GitError> {
        let program = program_path().map_err(|e| GitError::reading("the path of idhooks", &e))?;
        let commands = DriverCommands::of(&HookProgram::new(&program));
        let driver = format!("merge.idhooks.driver={}", commands.registry);
        let legacy = format!("merge.idhooks-legacy.driver={}", commands.legacy);
        let other = other.to_string();
        let args = ["-c", &driver, "-c", &legacy, "merge", "--no-commit", "--no-ff", "-q", &other];
        let git = self.git();
        // With `--no-commit`, git does not run hooks, and the caller can repair the merged index
        // before it is committed. A fast-forward would move the branch anyway.
        let output = git.answer(&args, b"")?;
        let index = self.index(&self.index_file())?;
        // git exits with 1 for conflicts as well as for some failures, but only a conflict leaves
        // unmerged entries in the index.
        if !output.status.success() && index.unmerged.is_empty() {
            return Err(git.refused(&args, &output));
        }
        Ok(index.unmerged.into_keys().collect())
    }

    /// Resets the branch, index and working tree to a commit, and ends any merge in progress.
    /// Uncommitted changes are lost, so call [`Repo::assert_clean`] first.
    ///
    /// # Errors
    /// Returns an error if git cannot reset.
    pub fn reset_to(&self, commit: CommitId) -> Result<(), GitError> {
        self.git().synced().run(&["reset", "-q", "--hard", &commit.to_string()]).map(drop)
    }

    /// Commits the index without hooks, and completes any merge in progress.
    ///
    /// # Errors
    /// Returns an error if the committer is unknown or the commit cannot be stored.
    pub fn commit_index(&self, message: &str) -> Result<CommitId, GitError> {
        self.git().synced().run(&["commit", "-q", "--no-verify", "-m", message])?;
        let head = self.head()?;
        head.ok_or_else(|| GitError::reading("the new commit", &"HEAD is unborn"))
    }

    /// Merges two commits into a tree without our merge driver. Only objects are written.
    ///
    /// # Errors
    /// Returns an error if the commits cannot be merged or objects cannot be written.
    pub fn merge_tree(&self, ours: CommitId, theirs: CommitId) -> Result<MergedTree, GitError> {
        let (ours, theirs) = (ours.to_string(), theirs.to_string());
        let args = ["-c", NO_DRIVER, "merge-tree", "--write-tree", "-z", "--name-only"];
        let rest = ["--no-messages", "--allow-unrelated-histories", &ours, &theirs];
        // A forge does not run merge drivers, so its result is the same as git's text merge.
        let args = [args.as_slice(), rest.as_slice()].concat();
        let git = self.git();
        let output = git.answer(&args, b"")?;
        // git exits with 1 on conflicts, which are a valid answer here.
        if !matches!(output.status.code(), Some(0 | 1)) {
            return Err(git.refused(&args, &output));
        }
        let mut fields = output.stdout.split(|byte| *byte == 0).filter(|field| !field.is_empty());
        let tree = String::from_utf8_lossy(fields.next().unwrap_or_default());
        let tree = tree.trim().parse().map_err(|e| GitError::reading("the merged tree", &e))?;
        let conflicts = fields.map(|field| {
            RepoPath::new(field.to_vec()).map_err(|e| GitError::reading("a conflicting path", &e))
        });
        Ok(MergedTree { tree: TreeId(tree), conflicts: conflicts.collect::<Result<_, _>>()? })
    }
}
