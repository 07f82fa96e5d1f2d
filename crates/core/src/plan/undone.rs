//! Finds manual edits of the staged registry that a plan undoes.

use std::collections::BTreeMap;

use crate::registry::{Allocation, Origin, Status, key};

use super::draft::PlanDraft;
use super::outcome::Undone;
use super::reconcile_staged::StagedFacts;

impl StagedFacts<'_> {
    /// Returns whether a staged record was edited by hand, or removed although its file still
    /// exists; `reconciled` is the record after reconciliation. A record from an earlier run explains
    /// its status, or its file has something in common with the file before.
    pub(super) fn is_edited(
        &self,
        base: &Allocation,
        staged: Option<&Allocation>,
        reconciled: &Allocation,
    ) -> bool {
        let Some(staged) = staged else {
            let has_file = base.is_active() && (self.is_tracked)(&base.path);
            return has_file && !self.staged.is_empty();
        };
        let is_renumbered = !staged.answers_to(base.id) && !base.answers_to(staged.id);
        // A merge takes the earlier one of two dates.
        let is_dated = staged.allocated_at > base.allocated_at;
        // A rule records the last content.
        let is_by_rule = || !staged.revives() || staged.metadata.contains_key(key::LAST_BLOB);
        let is_retired = reconciled.status != staged.status
            && staged.status != Status::Active
            && !(staged.explains_its_status(self.staged.values().copied()) && is_by_rule());
        let is_moved = reconciled.path != staged.path
            && (self.is_tracked)(&staged.path)
            && !(self.is_same_file)(base, staged);
        is_renumbered || is_dated || is_retired || is_moved
    }
}

impl PlanDraft<'_> {
    /// Returns the manual edits of the staged registry that are undone.
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
