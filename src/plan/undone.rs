//! What was written into the staged registry by hand, and is as before all the same.

use std::collections::BTreeMap;

use crate::registry::{Allocation, Id, Origin, RepoPath, Status, key};

use super::draft::PlanDraft;
use super::reconcile_staged::StagedFacts;

/// An identity of which the staged registry says what neither a rule nor a command explains, and
/// that is as it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Undone {
    /// The identity.
    pub id: Id,
    /// Its path.
    pub path: RepoPath,
}

impl StagedFacts<'_> {
    /// Returns whether a staged record, `settled` as it is now, was edited by hand, or taken out
    /// although its file stays: what an earlier run left there says how it came about, or names a
    /// file that has something in common with the one before.
    pub(super) fn is_edited(
        &self,
        base: &Allocation,
        staged: Option<&Allocation>,
        settled: &Allocation,
    ) -> bool {
        let Some(staged) = staged else {
            let has_file = base.is_active() && (self.is_tracked)(&base.path);
            return has_file && !self.staged.is_empty();
        };
        let is_renumbered = !staged.answers_to(base.id) && !base.answers_to(staged.id);
        // Of two dates a merge takes the earlier one.
        let is_dated = staged.allocated_at > base.allocated_at;
        // A rule notes which content went.
        let is_by_rule = || !staged.revives() || staged.metadata.contains_key(key::LAST_BLOB);
        let is_retired = settled.status != staged.status
            && staged.status != Status::Active
            && !(staged.explains_its_status(self.staged.values().copied()) && is_by_rule());
        let is_moved = settled.path != staged.path
            && (self.is_tracked)(&staged.path)
            && !(self.is_same_file)(base, staged);
        is_renumbered || is_dated || is_retired || is_moved
    }
}

impl PlanDraft<'_> {
    /// Returns which edits of the staged registry are undone in the end.
    pub(super) fn undone(&self) -> Vec<Undone> {
        if self.edited.is_empty() {
            return Vec::new();
        }
        let staged = self.situation.staged.into_iter().flat_map(|staged| &staged.allocations);
        let staged: BTreeMap<Origin, &Allocation> = staged.map(|r| (r.origin, r)).collect();
        let records = self.edited.iter().filter_map(|origin| self.records.get(origin));
        let is_undone = |record: &&Allocation| {
            let same = |staged: &&Allocation| {
                (staged.id, staged.allocated_at) == (record.id, record.allocated_at)
                    && (&staged.path, staged.status) == (&record.path, record.status)
            };
            !staged.get(&record.origin).is_some_and(same)
        };
        let undone = records.filter(is_undone);
        undone.map(|record| Undone { id: record.id, path: record.path.clone() }).collect()
    }
}
