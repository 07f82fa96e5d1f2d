//! Checks one commit of a history only where it differs from its parents.

use std::ops::Range;
use std::rc::Rc;

use idhooks_core::check::{HistoryState, IdBinding};
use idhooks_core::registry::{CanonicalText, Entry, REGISTRY_PATH};

use crate::git::Listed;

use super::walk::HistoryWalk;
use crate::history::commit_reader::MAX_BYTES;
use crate::history::known_commit::KnownCommit;
use crate::state::StateError;

impl HistoryWalk<'_> {
    /// Reads the registries of some commits, the last one first: that is their order in packs.
    pub(super) fn read_ahead(&mut self, commits: Range<usize>) -> Result<(), StateError> {
        let (mut last, mut budget): (Option<Rc<CanonicalText>>, _) = (None, MAX_BYTES / 2);
        for n in commits.rev() {
            let commit = &self.commits[n];
            if self.cache.get(&self.key(commit)?).is_some() {
                continue;
            }
            let entry = self.reader.repo.tree_entry(commit.tree, REGISTRY_PATH)?;
            if let Some(entry) = entry.filter(|entry| entry.mode.is_file()) {
                let sheet = self.reader.sheet(entry.blob, last.as_deref())?;
                let is_new = |last: &Rc<CanonicalText>| {
                    sheet.as_ref().is_some_and(|sheet| !Rc::ptr_eq(sheet, last))
                };
                if last.as_ref().is_none_or(is_new) {
                    budget = budget.saturating_sub(sheet.as_ref().map_or(0, |sheet| sheet.size()));
                }
                last = sheet.or(last);
            }
            if budget == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Returns the identities that a commit introduces if it is obviously fine; `registry` is its
    /// entry at the registry's path.
    pub(super) fn check_by_changes(
        &mut self,
        commit: &Listed,
        registry: Option<Entry>,
        parents: &[usize],
    ) -> Result<Option<Vec<IdBinding>>, StateError> {
        let Some(registry) = registry.filter(|entry| entry.mode.is_file()) else {
            return Ok(None);
        };
        let is_true = |p: &usize| {
            matches!(self.steps[*p].state, HistoryState::Consistent { .. })
                && self.registries[*p].is_some()
        };
        if parents.is_empty() || !parents.iter().all(is_true) {
            return Ok(None);
        }
        let before: Vec<KnownCommit> = parents
            .iter()
            .filter_map(|p| {
                Some(KnownCommit { tree: self.commits[*p].tree, registry: self.registries[*p]? })
            })
            .collect();
        self.reader
            .check_against_all(KnownCommit { tree: commit.tree, registry: registry.blob }, &before)
    }
}
