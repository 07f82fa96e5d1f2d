//! The registry while it is being repaired.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Evidence, Placement, placement_with_published};
use crate::registry::{
    Allocation, Entry, Id, Origin, Registry, RepoPath, Sequence, Status, Succession,
};

use crate::rename::Pair;

use super::Situation;

use super::reconcile_staged::StagedFacts;

/// All records by origin, and the holder of every tracked path that has one.
pub(super) struct PlanDraft<'a> {
    pub situation: &'a Situation<'a>,
    /// The tracked files of the index.
    pub tracked: BTreeMap<&'a RepoPath, Entry>,
    pub records: BTreeMap<Origin, Allocation>,
    pub held: BTreeMap<RepoPath, Origin>,
    /// Records that only registries of this clone know as active, with what the parents know of
    /// them: an aborted commit may have left them, so that better evidence outweighs them.
    pub adopted: BTreeMap<Origin, Option<Allocation>>,
    /// Records that were active in a parent.
    pub was_active: BTreeSet<Origin>,
    /// Records that somebody edited by hand in the staged registry.
    pub edited: Vec<Origin>,
    /// The copies found against each parent, where renames were looked for.
    pub copies: Vec<Vec<Pair>>,
    template: Registry,
}

impl<'a> PlanDraft<'a> {
    /// Restores what is missing and lets every path that is still there keep its identity.
    pub(super) fn start(situation: &'a Situation<'a>) -> Self {
        let tracks = |path: &RepoPath| situation.config.tracks(path);
        let files = situation.index.iter().filter(|(path, e)| e.mode.is_file() && tracks(path));
        let tracked: BTreeMap<&RepoPath, Entry> = files.map(|(path, e)| (path, *e)).collect();
        let is_tracked = |path: &RepoPath| tracked.contains_key(path);
        let Situation { parents, merged, told, .. } = *situation;
        let placement = placement_with_published(parents, merged, told, &is_tracked);
        let mut draft = PlanDraft {
            situation,
            records: BTreeMap::new(),
            held: BTreeMap::new(),
            adopted: BTreeMap::new(),
            was_active: BTreeSet::new(),
            edited: Vec::new(),
            copies: Vec::new(),
            template: template(situation),
            tracked: tracked.clone(),
        };
        draft.collect(&placement, &is_tracked);
        draft.place(&placement);
        draft
    }

    fn collect(&mut self, placement: &Placement, is_tracked: &dyn Fn(&RepoPath) -> bool) {
        let situation = self.situation;
        let base = by_origin(situation.base);
        let staged = by_origin(situation.staged);
        let succession = Succession::of(staged.values().copied());
        let is_same_file = |before: &Allocation, now: &Allocation| is_same(situation, before, now);
        let facts = StagedFacts {
            is_tracked,
            placement,
            staged: &staged,
            succession: &succession,
            is_same_file: &is_same_file,
        };
        // In a merge, and where a commit is made again, others may have written it.
        let is_plain = situation.parents.len() == 1 && situation.sources.is_empty();
        for (origin, record) in &base {
            let told = staged.get(origin).filter(|told| self.is_told_anew(record, told));
            let settled = told.map_or_else(|| (*record).clone(), |told| facts.settle(record, told));
            if is_plain && facts.is_edited(record, staged.get(origin).copied(), &settled) {
                self.edited.push(*origin);
            }
            if settled.is_active() && record.revives() {
                self.adopted.insert(*origin, Some((*record).clone()));
            }
            self.records.insert(*origin, settled);
        }
        self.was_active = base.values().filter(|r| r.is_active()).map(|r| r.origin).collect();
        let mut taken: BTreeSet<Id> = self.records.values().map(|record| record.id).collect();
        let offered = situation.offered.iter().flat_map(|r| &r.allocations);
        for record in staged.values().copied().chain(offered.filter(|r| r.is_active())) {
            if self.records.contains_key(&record.origin) || !facts.adopts(record, &base) {
                continue;
            }
            // An identity that another allocation has is not adopted: its file gets a new one.
            if taken.insert(record.id) {
                self.adopted.insert(record.origin, None);
                self.records.insert(record.origin, record.clone());
            }
        }
    }

    /// Returns whether the staged record tells something that no parent does.
    fn is_told_anew(&self, base: &Allocation, staged: &Allocation) -> bool {
        let same = |other: &Allocation| {
            other.path == staged.path
                && other.status == staged.status
                && other.metadata == staged.metadata
                && other.extra == staged.extra
        };
        let parents = self.situation.parents;
        let in_parent = |staged: &Allocation| {
            let records = parents.iter().flat_map(|p| &p.registry.allocations);
            records.filter(|r| r.origin == staged.origin).any(same)
        };
        let displaced = staged.id != base.id && staged.answers_to(base.id);
        displaced || (!same(base) && (parents.len() < 2 || !in_parent(staged)))
    }

    /// Puts every placed identity at its path, then lets the others stay where they may.
    fn place(&mut self, placement: &Placement) {
        for (path, origin) in placement {
            let Some(record) = self.records.get_mut(origin) else { continue };
            let taken_away = record.path != *path && self.tracked.contains_key(&record.path);
            let reassigned = self.situation.parents.len() < 2 && taken_away;
            if record.status == Status::Superseded || reassigned {
                continue;
            }
            if !record.is_active() || record.path != *path {
                record.follow(path.clone());
            }
            self.held.insert(path.clone(), *origin);
        }
        let mut others: Vec<(bool, _, Origin)> = Vec::new();
        for record in self.records.values() {
            let holds = record.is_active() || record.is_deprecated_by_command();
            if holds && self.tracked.contains_key(&record.path) {
                others.push((!record.is_active(), record.seniority(), record.origin));
            }
        }
        others.sort_unstable();
        for (_, seniority, origin) in others {
            let path = self.records[&origin].path.clone();
            let holder = *self.held.entry(path).or_insert(origin);
            // A shadowed record stays; one that would shadow the rightful holder can't.
            if holder != origin
                && seniority < self.records[&holder].seniority()
                && self.records[&origin].is_active()
            {
                let reason = crate::registry::reason::MERGED;
                if let Some(record) = self.records.get_mut(&origin) {
                    record.retire(reason, Some(self.situation.now), None);
                }
            }
        }
    }

    /// Takes identities from a commit being picked or reverted where HEAD has nothing.
    pub(super) fn add_sources(&mut self) {
        for source in self.situation.sources {
            let holders = source.holders(|path| self.tracked.contains_key(path));
            for path in self.unheld() {
                let Some(wanted) = holders.get(&path) else { continue };
                let taken = || self.records.values().any(|r| r.id == wanted.id);
                match self.records.get(&wanted.origin) {
                    Some(record) if record.revives() => self.activate(wanted.origin, &path),
                    None if wanted.is_active() && !taken() => {
                        self.records.insert(wanted.origin, (*wanted).clone());
                        self.held.insert(path, wanted.origin);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Returns the tracked paths without a holder, in byte order.
    pub(super) fn unheld(&self) -> Vec<RepoPath> {
        let free = self.tracked.keys().filter(|path| !self.held.contains_key(**path));
        free.map(|path| (*path).clone()).collect()
    }

    /// Makes a record active at a path it then holds.
    pub(super) fn activate(&mut self, origin: Origin, path: &RepoPath) {
        if let Some(record) = self.records.get_mut(&origin) {
            record.activate(path.clone());
            self.held.insert(path.clone(), origin);
        }
    }

    /// Returns the registry as it stands.
    pub(super) fn into_registry(self) -> Registry {
        Registry { allocations: self.records.into_values().collect(), ..self.template }
    }

    /// Returns the registry as it stands, to learn from.
    pub(super) fn registry(&self) -> Registry {
        Registry { allocations: self.records.values().cloned().collect(), ..self.template.clone() }
    }
}

/// Returns whether the file at a staged record's path is that of the record `before`, as far as
/// anything speaks for it: what the files say, or a commit.
fn is_same(situation: &Situation<'_>, before: &Allocation, now: &Allocation) -> bool {
    let Some(new) = situation.index.get(&now.path) else { return false };
    let evidence = Evidence { config: situation.config, blobs: situation.blobs };
    evidence.explains(before, now, &evidence.old(situation.parents, before), new.blob)
        || (situation.witness)(now.origin, &now.path)
}

fn by_origin(registry: Option<&Registry>) -> BTreeMap<Origin, &Allocation> {
    let records = registry.into_iter().flat_map(|r| &r.allocations);
    records.map(|a| (a.origin, a)).collect()
}

/// Returns everything of the registry but its records: as staged, else as the parents have it.
fn template(situation: &Situation<'_>) -> Registry {
    let from = situation.staged.or(situation.base);
    let mut template = Registry::new(situation.scope);
    if let Some(from) = from {
        template.counters = from.counters.clone();
        template.metadata = from.metadata.clone();
        template.extra = from.extra.clone();
    }
    if let Some(base) = situation.base.filter(|base| !base.counters.is_empty()) {
        // What was reserved stays so until somebody gets it.
        let staged = situation.staged.into_iter().flat_map(|staged| &staged.allocations);
        let claims: BTreeSet<Id> = staged.map(|record| record.claim).collect();
        for (name, held) in &base.counters {
            let counter = template.counters.entry(*name).or_default();
            counter.floor = counter.floor.max(held.floor);
            let is_given =
                |n: &&u32| Sequence::new(**n).is_some_and(|n| claims.contains(&name.id(n)));
            counter.reserved.extend(held.reserved.iter().filter(|n| !is_given(n)));
        }
    }
    template
}
