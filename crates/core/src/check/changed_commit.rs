//! Checks only the parts of a commit that differ from its parents, if those are consistent.
//!
//! If a parent is consistent, everything that a commit has in common with it is correct. So only
//! the records that differ, and the records at paths that differ, are checked.

use std::collections::BTreeSet;

use super::checks::{
    consistency, ended_twins::ended_twins, identity_changed::exact_renames,
    unexplained::unrelated_files,
};
use super::parents::Parent;
use super::placement::Subject;
use super::{IdBinding, new_bindings};
use crate::config::{CONFIG_PATH, Config, is_own};
use crate::registry::{CanonicalText, Change, Entry, Registry, RepoPath, Tree};
use crate::rename::Blobs;

/// A commit and one of its parents, which is consistent.
pub struct ChangedCommit<'a> {
    /// The parent's registry.
    pub before: &'a CanonicalText,
    /// The commit's own registry.
    pub after: &'a CanonicalText,
    /// The paths where the commit differs from the parent.
    pub changes: &'a [Change],
    /// Whether the commit has no other parent.
    pub is_only: bool,
}

impl ChangedCommit<'_> {
    /// Checks the commit against the parent, and returns the identities that it adds if it is
    /// consistent; `None` if the whole commit has to be checked. `entry` returns the commit's entry
    /// at a path.
    ///
    /// # Errors
    /// Returns any error from `entry`.
    pub fn new_bindings<E>(
        &self,
        config: &Config,
        blobs: &dyn Blobs,
        entry: &mut dyn FnMut(&RepoPath) -> Result<Option<Entry>, E>,
    ) -> Result<Option<Vec<IdBinding>>, E> {
        // If the rules have changed, any path may have become tracked or untracked.
        if self.changes.iter().any(|change| change.path.as_bytes() == CONFIG_PATH.as_bytes()) {
            return Ok(None);
        }
        // If a path was a file and still is, it is tracked as before, whatever its content.
        let is_file = |entry: Option<Entry>| entry.is_some_and(|entry| entry.mode.is_file());
        let matters = |change: &&Change| {
            !is_own(&change.path) && (!is_file(change.old) || !is_file(change.new))
        };
        let changes: Vec<&Change> = self.changes.iter().filter(matters).collect();
        let paths: BTreeSet<&RepoPath> = changes.iter().map(|change| &change.path).collect();
        let Some([old, new]) = self.before.parts(self.after, &paths) else { return Ok(None) };
        // Another parent may have given the same second identity to a different record.
        if !self.is_only && new.held_doc_ids() != old.held_doc_ids() {
            return Ok(None);
        }
        let mut trees = [Tree::new(), Tree::new()];
        for change in changes {
            for (tree, entry) in trees.iter_mut().zip([change.old, change.new]) {
                tree.extend(entry.map(|entry| (change.path.clone(), entry)));
            }
        }
        for Registry { allocations, .. } in [&old, &new] {
            for path in allocations.iter().map(|r| &r.path).filter(|path| !paths.contains(path)) {
                if let Some(entry) = entry(path)? {
                    trees.iter_mut().for_each(|tree| tree.extend([(path.clone(), entry)]));
                }
            }
        }
        let subject = Subject {
            parents: &[Parent { registry: &old, tree: &trees[0] }],
            merged: Some(&old),
            blobs,
            ..Subject::new(config, &new, &trees[1])
        };
        let is_consistent = consistency(&subject).is_empty()
            && (!self.is_only
                || (exact_renames(&subject).is_empty() && ended_twins(&subject).is_empty()))
            && unrelated_files(&subject).is_empty();
        Ok(is_consistent.then(|| new_bindings(&new, &[&old])))
    }
}
