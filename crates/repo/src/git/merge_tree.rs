//! Merging two commits without a working tree, as a forge does.

use std::collections::BTreeSet;

use idhooks_core::registry::RepoPath;

use super::{CommitId, GitError, Repo, TreeId};

/// The result of merging two commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedTree {
    /// The merged tree. A conflicting file has conflict markers, or is the side that still exists.
    pub tree: TreeId,
    /// The conflicting paths.
    pub conflicts: BTreeSet<RepoPath>,
}

/// Git's own text merge in place of our merge driver.
const NO_DRIVER: &str = "merge.idhooks.driver=git merge-file --marker-size=%L %A %O %B";

impl Repo {
    /// Merges two commits into a tree without our merge driver. Only objects are written.
    ///
    /// # Errors
    /// Returns an error if the commits cannot be merged or objects cannot be written.
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
        let tree = tree.trim().parse().map_err(|e| GitError::reading("the merged tree", &e))?;
        let conflicts = fields.map(|field| {
            RepoPath::new(field.to_vec()).map_err(|e| GitError::reading("a conflicting path", &e))
        });
        Ok(MergedTree { tree: TreeId(tree), conflicts: conflicts.collect::<Result<_, _>>()? })
    }
}
