//! Merging two commits without a working tree, as a forge does it.

use std::collections::BTreeSet;

use crate::registry::RepoPath;

use super::{CommitId, GitError, Repo, TreeId};

/// What two commits merge to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedTree {
    /// The result; what conflicts has markers in it, or the side that is still there.
    pub tree: TreeId,
    /// The paths that conflict.
    pub conflicts: BTreeSet<RepoPath>,
}

/// Git's own text merge in the place of our merge driver.
const NO_DRIVER: &str = "merge.idhooks.driver=git merge-file --marker-size=%L %A %O %B";

impl Repo {
    /// Merges two commits into a tree, as where no merge driver of ours runs. Nothing but objects
    /// is written.
    ///
    /// # Errors
    /// Commits that cannot be merged; objects that cannot be written.
    pub fn merge_tree(&self, ours: CommitId, theirs: CommitId) -> Result<MergedTree, GitError> {
        let (ours, theirs) = (ours.to_string(), theirs.to_string());
        let args = ["-c", NO_DRIVER, "merge-tree", "--write-tree", "-z", "--name-only"];
        let rest = ["--no-messages", "--allow-unrelated-histories", &ours, &theirs];
        let args = [args.as_slice(), rest.as_slice()].concat();
        let git = self.git();
        let output = git.answer(&args, b"")?;
        if !matches!(output.status.code(), Some(0 | 1)) {
            return Err(git.refused(&args, &output));
        }
        let mut fields = output.stdout.split(|byte| *byte == 0).filter(|field| !field.is_empty());
        let tree = String::from_utf8_lossy(fields.next().unwrap_or_default());
        let tree = tree.trim().parse().map_err(|e| GitError::reading("what git merged", &e))?;
        let conflicts = fields.map(|field| {
            RepoPath::new(field.to_vec()).map_err(|e| GitError::reading("a path of git", &e))
        });
        Ok(MergedTree { tree: TreeId(tree), conflicts: conflicts.collect::<Result<_, _>>()? })
    }
}
