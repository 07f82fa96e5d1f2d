//! Checks a commit with consistent parents only where it differs from them.
//!
//! If the parents are consistent, everything that a commit has in common with one of them is
//! correct. So only the records that differ, and those at paths that differ, are checked. Anything
//! unusual is left to the full check, which reports it.

use std::collections::BTreeSet;

use idhooks_core::check::{
    IdBinding, Parent, Placement, Subject, consistency, exact_renames, new_bindings,
    unrelated_files,
};
use idhooks_core::config::{CONFIG_PATH, is_own};
use idhooks_core::registry::{BlobId, Change, Entry, Registry, RepoPath, Tree};

use crate::git::TreeId;

use super::CommitReader;
use crate::history::only_edits;
use crate::state::StateError;

/// A commit with a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownCommit {
    /// Its tree.
    pub tree: TreeId,
    /// The registry in it, a regular file.
    pub registry: BlobId,
}

impl CommitReader<'_> {
    /// Returns the identities that a commit introduces if it is obviously consistent and all its
    /// parents are consistent.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn check_against_all(
        &mut self,
        commit: KnownCommit,
        parents: &[KnownCommit],
    ) -> Result<Option<Vec<IdBinding>>, StateError> {
        let Some(first) = parents.first() else { return Ok(None) };
        let is_only = parents.len() == 1;
        if parents.iter().all(|parent| parent.registry == commit.registry) {
            // If all have the same registry, one parent confirms the set of files.
            return match parents.contains(&commit) {
                true => Ok(Some(Vec::new())),
                false => self.check_against(commit, *first, is_only),
            };
        }
        let mut new: Option<Vec<IdBinding>> = None;
        for parent in parents {
            let names = match *parent == commit {
                true => Some(Vec::new()),
                false => self.check_against(commit, *parent, is_only)?,
            };
            let Some(mut names) = names else { return Ok(None) };
            names.retain(|name| new.as_ref().is_none_or(|known| known.contains(name)));
            new = Some(names);
        }
        // An identity that only the merge has may come from elsewhere.
        Ok(new.filter(|names| names.is_empty() || is_only))
    }

    /// Returns the identities that a commit has and a consistent parent does not have, if the
    /// commit is obviously consistent with that parent.
    fn check_against(
        &mut self,
        commit: KnownCommit,
        parent: KnownCommit,
        is_only: bool,
    ) -> Result<Option<Vec<IdBinding>>, StateError> {
        let mut changes = self.changes(parent.tree, commit.tree)?;
        if parent.registry == commit.registry && only_edits(&changes) {
            return Ok(Some(Vec::new()));
        }
        if changes.iter().any(|change| change.path.as_bytes() == CONFIG_PATH.as_bytes()) {
            return Ok(None);
        }
        // A path that stays a file is tracked as before, whatever its content.
        let is_file = |entry: Option<Entry>| entry.is_some_and(|entry| entry.mode.is_file());
        changes.retain(|change| {
            !is_own(&change.path) && (!is_file(change.old) || !is_file(change.new))
        });
        let Some([old, new]) = self.parts(parent.registry, commit.registry, &changes)? else {
            return Ok(None);
        };
        let trees = self.trees_of(commit.tree, &changes, [&old, &new])?;
        let config = self.config(commit.tree)?;
        let subject = Subject {
            config: &config,
            registry: &new,
            bytes: &[],
            tree: &trees[1],
            parents: &[Parent { registry: &old, tree: &trees[0] }],
            merged: Some(&old),
            published: &Placement::new(),
        };
        let is_plain = consistency(&subject).is_empty()
            && (!is_only || exact_renames(&subject).is_empty())
            && unrelated_files(&subject, self.repo).is_empty();
        Ok(is_plain.then(|| new_bindings(&new, &[&old])))
    }

    /// Returns the parts of two registries that concern the differences.
    fn parts(
        &mut self,
        old: BlobId,
        new: BlobId,
        changes: &[Change],
    ) -> Result<Option<[Registry; 2]>, StateError> {
        let Some(old) = self.sheet(old, None)? else { return Ok(None) };
        let Some(new) = self.sheet(new, Some(&old))? else { return Ok(None) };
        let paths: BTreeSet<&RepoPath> = changes.iter().map(|change| &change.path).collect();
        Ok(old.parts(&new, &paths))
    }

    /// Returns the differing records of two registries, from both; `None` if one is not in this
    /// clone, or if more than records differs.
    ///
    /// # Errors
    /// Returns an error if a registry is in this clone but cannot be read.
    pub fn differing_records(
        &mut self,
        old: BlobId,
        new: BlobId,
    ) -> Result<Option<[Registry; 2]>, StateError> {
        self.parts(old, new, &[])
    }

    /// Returns the entries at the paths that differ, before and after.
    fn trees_of(
        &mut self,
        tree: TreeId,
        changes: &[Change],
        parts: [&Registry; 2],
    ) -> Result<[Tree; 2], StateError> {
        let mut trees = [Tree::new(), Tree::new()];
        let changed: BTreeSet<&RepoPath> = changes.iter().map(|change| &change.path).collect();
        for change in changes {
            for (tree, entry) in trees.iter_mut().zip([change.old, change.new]) {
                tree.extend(entry.map(|entry| (change.path.clone(), entry)));
            }
        }
        let records = parts.into_iter().flat_map(|part| &part.allocations);
        for path in records.map(|record| &record.path).filter(|path| !changed.contains(path)) {
            if let Some(entry) = self.entry(tree, path.as_bytes())? {
                trees.iter_mut().for_each(|tree| tree.extend([(path.clone(), entry)]));
            }
        }
        Ok(trees)
    }
}
