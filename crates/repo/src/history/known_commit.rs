//! Checks a commit with consistent parents only where it differs from them.
//!
//! If the parents are consistent, everything that a commit has in common with one of them is
//! correct. So only the records that differ, and those at paths that differ, are checked. Anything
//! unusual is left to the full check, which reports it.

use std::collections::BTreeSet;
use std::rc::Rc;

use idhooks_core::check::{ChangedCommit, IdBinding};
use idhooks_core::registry::{BlobId, CanonicalText, Registry};

use crate::git::TreeId;

use super::commit_reader::CommitReader;
use super::registries::only_edits;
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
        let changes = self.repo.changes(parent.tree, commit.tree)?;
        if parent.registry == commit.registry && only_edits(&changes) {
            return Ok(Some(Vec::new()));
        }
        let Some([before, after]) = self.texts(parent.registry, commit.registry)? else {
            return Ok(None);
        };
        let (config, repo) = (self.config(commit.tree)?, self.repo);
        let changed = ChangedCommit { before: &before, after: &after, changes: &changes, is_only };
        changed.new_bindings(&config, repo, &mut |path| Ok(repo.tree_entry(commit.tree, path)?))
    }

    /// Returns two registries, if both are in this clone and in canonical form.
    fn texts(
        &mut self,
        old: BlobId,
        new: BlobId,
    ) -> Result<Option<[Rc<CanonicalText>; 2]>, StateError> {
        let Some(old) = self.sheet(old, None)? else { return Ok(None) };
        let new = self.sheet(new, Some(&old))?;
        Ok(new.map(|new| [old, new]))
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
        let texts = self.texts(old, new)?;
        Ok(texts.and_then(|[old, new]| old.parts(&new, &BTreeSet::new())))
    }
}
