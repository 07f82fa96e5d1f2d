//! Collects the records in the parents and the staged registry, before any of them is placed.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Evidence, Placement};
use crate::registry::{Allocation, Id, Origin, Registry, RepoPath, Status, Succession};

use super::path_claims::Claim;
use super::plan_draft::PlanDraft;
use super::plan_input::PlanInput;
use super::reconcile_staged::StagedFacts;
use super::record_links;

impl PlanDraft<'_> {
    /// Collects the parents' records, updated from the staged registry, and the staged registry's
    /// new records.
    pub(super) fn collect(
        &mut self,
        placement: &Placement,
        is_tracked: &dyn Fn(&RepoPath) -> bool,
    ) {
        let situation = self.situation;
        let [base, staged] = [situation.base, situation.staged]
            .map(|registry| registry.map(Registry::by_origin).unwrap_or_default());
        let parents = situation.parents.iter().map(|parent| parent.registry);
        let former = situation.former();
        let succession = Succession::added_beyond(staged.values().copied(), parents, former);
        let has_file_of =
            |before: &Allocation, now: &Allocation| has_file_of(situation, before, now);
        let is_same_file = |before: &Allocation, now: &Allocation| {
            has_file_of(before, now) || (situation.options.witness)(now.origin, &now.path)
        };
        let is_unchanged = |path: &RepoPath| match situation.parents {
            [parent] => parent.tree.get(path) == situation.index.get(path),
            _ => false,
        };
        let facts = StagedFacts {
            is_tracked,
            placement,
            parents: situation.base,
            base: &base,
            staged: &staged,
            succession: &succession,
            has_file_of: &has_file_of,
            is_same_file: &is_same_file,
            is_unchanged: &is_unchanged,
            owners: OnceCell::new(),
            holders: OnceCell::new(),
            refused: OnceCell::new(),
        };
        // In a merge, or when a commit is replayed, the record may come from another commit.
        let is_plain = self.is_plain();
        for (origin, record) in &base {
            let changed = staged.get(origin).filter(|staged| self.has_changes(record, staged));
            let reconciled =
                changed.map_or_else(|| (*record).clone(), |staged| facts.reconcile(record, staged));
            if is_plain && facts.is_edited(record, staged.get(origin).copied(), &reconciled) {
                self.edited.push(*origin);
            }
            if reconciled.is_active() && record.revives() {
                self.claims.insert(*origin, Claim::Staged(Some((*record).clone())));
            }
            self.records.insert(*origin, reconciled);
        }
        self.was_active = base.values().filter(|r| r.is_active()).map(|r| r.origin).collect();
        let mut taken: BTreeSet<Id> = self.records.values().map(|record| record.id).collect();
        let offered = situation.options.offered.iter().flat_map(Registry::active);
        for record in staged.values().copied().chain(offered) {
            if self.records.contains_key(&record.origin) || !facts.adopts(record) {
                continue;
            }
            // If another allocation already has the identity, the file gets a new one.
            if taken.insert(record.id) {
                self.claims.insert(record.origin, Claim::Staged(None));
                self.records.insert(record.origin, record.clone());
            }
        }
        self.restore_replaced(&base, &succession);
        // In a merge, the merged registry determines the numbers.
        if situation.parents.len() == 1 {
            self.restore_numbers(&base);
        }
    }

    /// Restores the numbers that records had in the parent, if a registry merge gave one of these
    /// numbers to a record that is not adopted, for example after a cherry-pick or a checkout from
    /// another branch. Otherwise the next merge would restore the numbers, and no file may change
    /// its identity twice.
    fn restore_numbers(&mut self, base: &BTreeMap<Origin, &Allocation>) {
        let ids: BTreeSet<Id> = self.records.values().map(|record| record.id).collect();
        for (origin, before) in base {
            let record = self.records.get_mut(origin).filter(|record| record.id != before.id);
            if let Some(record) = record.filter(|_| !ids.contains(&before.id)) {
                record.aliases.remove(&before.id);
                (record.id, record.claim) = (before.id, before.claim);
            }
        }
    }

    /// Restores a superseded record's earlier status if the record that replaced it was not adopted
    /// or did not get its path.
    fn restore_replaced(&mut self, base: &BTreeMap<Origin, &Allocation>, succession: &Succession) {
        let is_open = |r: &&Allocation| {
            let was_active = || base.get(&r.origin).is_some_and(|before| before.is_active());
            let has_file = || self.tracked.contains_key(&r.path);
            let has_heir = || succession.has_heir_at(r.origin, &r.path, self.records.values());
            r.status == Status::Superseded
                && was_active()
                && (!r.explains_its_status(self.records.values()) || (has_file() && !has_heir()))
        };
        let open = self.records.values().filter(is_open);
        for record in open.cloned().collect::<Vec<_>>() {
            record_links::unlink(self.records.values_mut(), &record);
            if let (Some(now), Some(before)) =
                (self.records.get_mut(&record.origin), base.get(&record.origin))
            {
                now.take_status_of(before);
            }
        }
    }

    /// Returns whether the commit has one parent and does not replay another commit.
    fn is_plain(&self) -> bool {
        let PlanInput { parents, options, .. } = self.situation;
        parents.len() == 1 && options.sources.is_empty()
    }

    /// Returns whether the staged record contains a change that is not in any parent.
    fn has_changes(&self, base: &Allocation, staged: &Allocation) -> bool {
        let PlanInput { parents, options, .. } = self.situation;
        // An import creates aliases; in a merge, or when a commit is replayed, a number may have
        // been an alias elsewhere.
        let is_plain = self.is_plain();
        let same = |other: &Allocation| {
            other.path == staged.path
                && other.status == staged.status
                && other.metadata == staged.metadata
                && other.extra == staged.extra
                && (!is_plain || staged.aliases.iter().all(|alias| other.answers_to(*alias)))
        };
        let displaced = staged.id != base.id && staged.answers_to(base.id);
        if !displaced && same(base) {
            return false;
        }
        let outdated = options.outdated.iter().flat_map(|registry| &registry.allocations);
        let mut outdated = outdated.filter(|record| record.origin == staged.origin);
        let in_parent = |staged: &Allocation| {
            let records = parents.iter().flat_map(|p| &p.registry.allocations);
            records.filter(|r| r.origin == staged.origin).any(same)
        };
        !outdated.any(|record| record.id == staged.id && same(record))
            && (displaced || parents.len() < 2 || !in_parent(staged))
    }
}

/// Returns whether the file at a staged record's path is the file that the record had in `before`,
/// judging only by the files themselves.
fn has_file_of(situation: &PlanInput<'_>, before: &Allocation, now: &Allocation) -> bool {
    let Some(new) = situation.index.get(&now.path) else { return false };
    let evidence = Evidence { config: situation.config, blobs: situation.blobs };
    evidence.explains(before, now, &evidence.old(situation.parents, before), new.blob)
}
