//! One commit of a history, looked at only where it differs from its parents.
//!
//! Where the parents are true, what a commit has in common with one of them is as it must be. So
//! it is enough to check the records that differ and those at paths that differ. Whatever is out of
//! the ordinary there is left to the look at everything, which says what it is.

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use crate::check::{Name, Parent, Placement, State, Subject, exact_renames, new_names, truth};
use crate::git::Listed;
use crate::policy::{CONFIG_PATH, is_own};
use crate::registry::{Change, Entry, REGISTRY_PATH, Registry, RepoPath, Sheet, Tree};

use super::super::{WalkError, only_edits, shortcuts};
use super::Walk;
use super::shelf::BYTES;

impl Walk<'_> {
    /// Reads the registries of some commits, the last one first: so they stand in packs.
    pub(super) fn read_ahead(&mut self, commits: Range<usize>) -> Result<(), WalkError> {
        let (mut last, mut room): (Option<Rc<Sheet>>, _) = (None, BYTES / 2);
        for n in commits.rev() {
            let commit = &self.commits[n];
            if !shortcuts() || self.memory.knows(&self.trees(commit)?) {
                continue;
            }
            let entry = self.reader.entry(commit.tree, REGISTRY_PATH.as_bytes())?;
            if let Some(entry) = entry.filter(|entry| entry.mode.is_file()) {
                let sheet = self.reader.sheet(entry.blob, last.as_deref())?;
                let is_new =
                    |last: &Rc<Sheet>| sheet.as_ref().is_some_and(|sheet| !Rc::ptr_eq(sheet, last));
                if last.as_ref().is_none_or(is_new) {
                    room = room.saturating_sub(sheet.as_ref().map_or(0, |sheet| sheet.size()));
                }
                last = sheet.or(last);
            }
            if room == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Returns the names that a commit brings, if it is plain that nothing is wrong with it;
    /// `registry` is what it has in the registry's place.
    pub(super) fn narrow(
        &mut self,
        commit: &Listed,
        registry: Option<Entry>,
        parents: &[usize],
    ) -> Result<Option<Vec<Name>>, WalkError> {
        let Some(registry) = registry.filter(|entry| entry.mode.is_file()) else {
            return Ok(None);
        };
        let is_true = |p: &usize| {
            matches!(self.steps[*p].state, State::True { .. }) && self.registries[*p].is_some()
        };
        if parents.is_empty() || !shortcuts() || !parents.iter().all(is_true) {
            return Ok(None);
        }
        let has_the_tree = |p: &&usize| self.commits[**p].tree == commit.tree;
        if parents.iter().all(|p| self.registries[*p] == Some(registry.blob)) {
            // With one registry in all, one of them vouches for the set of files.
            return match parents.iter().find(has_the_tree) {
                Some(_) => Ok(Some(Vec::new())),
                None => self.over(commit, registry, parents[0], parents.len() == 1),
            };
        }
        let mut new: Option<Vec<Name>> = None;
        for p in parents {
            let names = match has_the_tree(&p) {
                true => Some(Vec::new()),
                false => self.over(commit, registry, *p, parents.len() == 1)?,
            };
            let Some(mut names) = names else { return Ok(None) };
            names.retain(|name| new.as_ref().is_none_or(|known| known.contains(name)));
            new = Some(names);
        }
        // What a merge itself gives may have been taken from elsewhere.
        Ok(new.filter(|names| names.is_empty() || parents.len() == 1))
    }

    /// Returns the names that a commit has and a true parent has not, if it is plain that it is
    /// true after that one.
    fn over(
        &mut self,
        commit: &Listed,
        registry: Entry,
        parent: usize,
        is_only: bool,
    ) -> Result<Option<Vec<Name>>, WalkError> {
        let before = self.commits[parent].tree;
        let mut changes = self.reader.changes(before, commit.tree)?;
        if self.registries[parent] == Some(registry.blob) && only_edits(&changes) {
            return Ok(Some(Vec::new()));
        }
        if changes.iter().any(|change| change.path.as_bytes() == CONFIG_PATH.as_bytes()) {
            return Ok(None);
        }
        // A file that stays one is tracked as before, with whatever content.
        let is_file = |entry: Option<Entry>| entry.is_some_and(|entry| entry.mode.is_file());
        changes.retain(|change| {
            !is_own(&change.path) && (!is_file(change.old) || !is_file(change.new))
        });
        let Some([old, new]) = self.parts(registry, parent, &changes)? else { return Ok(None) };
        let trees = self.trees_of(commit, &changes, [&old, &new])?;
        let policy = self.reader.policy(commit.tree)?;
        let subject = Subject {
            policy: &policy,
            registry: &new,
            bytes: &[],
            tree: &trees[1],
            parents: &[Parent { registry: &old, tree: &trees[0] }],
            merged: Some(&old),
            told: &Placement::new(),
        };
        let is_plain =
            truth(&subject).is_empty() && (!is_only || exact_renames(&subject).is_empty());
        Ok(is_plain.then(|| new_names(&new, &[&old])))
    }

    /// Returns what of the registries of a parent and of a commit is about what differs.
    fn parts(
        &mut self,
        registry: Entry,
        parent: usize,
        changes: &[Change],
    ) -> Result<Option<[Registry; 2]>, WalkError> {
        let Some(blob) = self.registries[parent] else { return Ok(None) };
        let Some(old) = self.reader.sheet(blob, None)? else { return Ok(None) };
        let Some(new) = self.reader.sheet(registry.blob, Some(&old))? else { return Ok(None) };
        let paths: BTreeSet<&RepoPath> = changes.iter().map(|change| &change.path).collect();
        Ok(old.parts(&new, &paths))
    }

    /// Returns what is at the paths that differ, before and after.
    fn trees_of(
        &mut self,
        commit: &Listed,
        changes: &[Change],
        parts: [&Registry; 2],
    ) -> Result<[Tree; 2], WalkError> {
        let mut trees = [Tree::new(), Tree::new()];
        let changed: BTreeSet<&RepoPath> = changes.iter().map(|change| &change.path).collect();
        for change in changes {
            for (tree, entry) in trees.iter_mut().zip([change.old, change.new]) {
                tree.extend(entry.map(|entry| (change.path.clone(), entry)));
            }
        }
        let records = parts.into_iter().flat_map(|part| &part.allocations);
        for path in records.map(|record| &record.path).filter(|path| !changed.contains(path)) {
            if let Some(entry) = self.reader.entry(commit.tree, path.as_bytes())? {
                trees.iter_mut().for_each(|tree| tree.extend([(path.clone(), entry)]));
            }
        }
        Ok(trees)
    }
}
