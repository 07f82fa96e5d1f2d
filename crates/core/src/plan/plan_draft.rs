//! The registry while it is being repaired.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Placement, is_file, misplaced, placement_in_tree};
use crate::registry::{
    Allocation, Entry, Id, Origin, Registry, RepoPath, Status, Succession, key, reason,
};
use crate::rename::Pair;

use super::allocator::Continued;
use super::path_claims::{Claim, Claims};
use super::plan_input::{PlanInput, PossibleRename, ReplaySource, Undone};
use super::undecided::Undecided;

/// All records by origin, and the holder of each tracked path that has one.
pub(super) struct PlanDraft<'a> {
    pub situation: &'a PlanInput<'a>,
    /// The tracked files in the index.
    pub tracked: BTreeMap<&'a RepoPath, Entry>,
    pub records: BTreeMap<Origin, Allocation>,
    pub held: BTreeMap<RepoPath, Origin>,
    /// Records at paths that no parent gave them; stronger evidence overrides these claims.
    pub claims: Claims,
    /// The paths in the parent that still have a file, but whose identity a command moved elsewhere
    /// or ended in favour of another.
    pub vacated: BTreeMap<RepoPath, Origin>,
    /// The records that were active in a parent.
    pub was_active: BTreeSet<Origin>,
    /// The records edited by hand in the staged registry.
    pub edited: Vec<Origin>,
    /// The copies found against each parent; empty if renames were not detected.
    pub copies: Vec<Vec<Pair>>,
    /// The pairs of deleted and new files that are almost similar enough to count as renames.
    pub near: Vec<Pair>,
    /// The files and records left alone because the clone does not know which belong together.
    pub undecided: Undecided,
    /// The undecided files and records that depend on contents that this commit would have to read.
    pub unread: Undecided,
    /// The undecided files and records that depend on files exceeding a limit.
    pub skipped: Undecided,
    /// The new identities whose counters were full.
    pub continued: Continued,
    template: Registry,
}

impl<'a> PlanDraft<'a> {
    /// Restores missing records and preserves the identity of every path that still exists.
    pub(super) fn start(situation: &'a PlanInput<'a>) -> Self {
        let tracks = |path: &RepoPath| situation.config.tracks(path);
        let files = situation.index.iter().filter(|(path, e)| e.mode.is_file() && tracks(path));
        let tracked: BTreeMap<&RepoPath, Entry> = files.map(|(path, e)| (path, *e)).collect();
        let is_tracked = |path: &RepoPath| tracked.contains_key(path);
        let placement = placement_in_tree(&situation.inherited(), situation.index, &is_tracked);
        let mut draft = PlanDraft {
            situation,
            records: BTreeMap::new(),
            held: BTreeMap::new(),
            claims: Claims::new(),
            vacated: BTreeMap::new(),
            was_active: BTreeSet::new(),
            edited: Vec::new(),
            copies: Vec::new(),
            near: Vec::new(),
            undecided: situation.options.undecided.clone(),
            unread: Undecided::new(),
            skipped: Undecided::new(),
            continued: Continued::new(),
            template: template(situation),
            tracked: tracked.clone(),
        };
        draft.collect(&placement, &is_tracked);
        draft.place(&placement);
        draft.note_claims();
        draft
    }

    /// Puts every placed identity at its path, then keeps the other records where possible.
    fn place(&mut self, placement: &Placement) {
        let replaced = self.replaced(placement);
        for (path, origin) in placement {
            let Some(record) = self.records.get_mut(origin) else { continue };
            let taken_away = record.path != *path && self.tracked.contains_key(&record.path);
            // In a merge, the other parent may have moved the record.
            let reassigned = self.situation.parents.len() < 2 && taken_away;
            if record.status == Status::Superseded {
                continue;
            }
            if reassigned {
                self.vacated.insert(path.clone(), *origin);
                continue;
            }
            if replaced.contains(origin) {
                self.vacated.insert(path.clone(), *origin);
                self.end(*origin, path);
                continue;
            }
            if !record.is_active() || record.path != *path {
                record.follow(path.clone());
            }
            self.held.insert(path.clone(), *origin);
        }
        self.move_misplaced_back();
        let mut others: Vec<(bool, _, Origin)> = Vec::new();
        for record in self.records.values() {
            let holds = record.is_active() || record.is_deprecated_by_command();
            if holds && self.tracked.contains_key(&record.path) {
                others.push((!record.is_active(), record.seniority(), record.origin));
            }
        }
        // Active records come first, then senior ones, as in [`Registry::holders`].
        others.sort_unstable();
        for (_, seniority, origin) in others {
            let path = self.records[&origin].path.clone();
            let holder = *self.held.entry(path).or_insert(origin);
            if holder != origin && matches!(self.claims.get(&origin), Some(Claim::Staged(None))) {
                // No parent has the record, and another record holds its path.
                self.claims.remove(&origin);
                self.records.remove(&origin);
                continue;
            }
            // A shadowed record stays, but a record that would shadow the rightful holder is
            // deprecated.
            if holder != origin
                && seniority < self.records[&holder].seniority()
                && self.records[&origin].is_active()
                && let Some(record) = self.records.get_mut(&origin)
            {
                record.retire(reason::MERGED, Some(self.situation.now), None);
            }
        }
    }

    /// If a merge put a record at another record's file, moves it back to its path in a parent. If
    /// the record's own file is gone too, the record ends or follows a rename of that file.
    fn move_misplaced_back(&mut self) {
        let PlanInput { parents, index, .. } = *self.situation;
        let is_placed = |record: &&Allocation| self.held.get(&record.path) == Some(&record.origin);
        let unplaced = self.records.values().filter(|record| !is_placed(record));
        let misplaced = misplaced(&self.situation.inherited(), index, unplaced);
        let misplaced: Vec<Origin> = misplaced.into_iter().map(|record| record.origin).collect();
        for origin in misplaced {
            let mut known = parents.iter().flat_map(|parent| &parent.registry.allocations);
            let known = known.find(|known| known.origin == origin && known.is_active());
            if let (Some(record), Some(known)) = (self.records.get_mut(&origin), known) {
                record.path.clone_from(&known.path);
            }
        }
    }

    /// Notes the records whose paths were not given to them by the only parent.
    fn note_claims(&mut self) {
        let [parent] = self.situation.parents else { return };
        let before = parent.registry.by_origin();
        let is_made_now = self.situation.staged.is_some();
        let undecided = &self.situation.options.undecided.records;
        for (path, origin) in &self.held {
            let claim = match before.get(origin) {
                None if is_made_now => continue,
                None => Claim::Arrived,
                Some(then) if then.revives() && !is_made_now => Claim::Moved((*then).clone()),
                Some(then) if then.path == *path && undecided.contains(origin) => Claim::Undecided,
                Some(then) if then.path == *path || !then.is_active() => continue,
                Some(then) if self.tracked.contains_key(&then.path) => continue,
                Some(then) => Claim::Moved((*then).clone()),
            };
            if !is_file(parent.tree, path) {
                self.claims.entry(*origin).or_insert(claim);
            }
        }
    }

    /// Returns the identities of deleted files whose paths a command gave to other files. The files
    /// were deleted either at these paths, or after being moved away.
    fn replaced(&self, placement: &Placement) -> BTreeSet<Origin> {
        let staged = self.situation.staged.map(Registry::by_origin).unwrap_or_default();
        let is_gone = |(path, origin): &(&RepoPath, &Origin)| {
            let has_left = |now: Option<&&Allocation>| now.is_none_or(|now| now.path != **path);
            let left = || !staged.is_empty() && has_left(staged.get(origin));
            let record = self.records.get(origin).filter(|record| record.path == **path);
            record.is_some_and(|r| r.revives() || (r.is_active() && left()))
        };
        let mut gone = placement.iter().filter(is_gone).peekable();
        // There is usually no such file, so the registries need not be compared.
        if self.situation.parents.len() > 1 || gone.peek().is_none() {
            return BTreeSet::new();
        }
        let succession = self.succession();
        let is_replaced = |(path, origin): &(&RepoPath, &Origin)| {
            succession.has_heir_at(**origin, path, self.records.values())
        };
        gone.filter(is_replaced).map(|(_, origin)| *origin).collect()
    }

    /// Returns the successions that are in the repaired records but not in the parents.
    pub(super) fn succession(&self) -> Succession {
        let parents = self.situation.parents.iter().map(|parent| parent.registry);
        Succession::added_beyond(self.records.values(), parents, self.situation.former())
    }

    /// Deprecates an active identity whose file at `path` has been replaced by another.
    pub(super) fn end(&mut self, origin: Origin, path: &RepoPath) {
        let parents = self.situation.parents.iter();
        let before = parents.filter_map(|parent| parent.tree.get(path)).map(|entry| entry.blob);
        // The smallest blob is used, so that every clone writes the same one.
        let blob = before.min().map(|blob| blob.to_string());
        if let Some(record) = self.records.get_mut(&origin).filter(|record| !record.revives()) {
            record.retire(reason::DELETED, Some(self.situation.now), blob);
        }
    }

    /// Takes back what a record's claim to `path` changed, because another identity holds the path.
    pub(super) fn give_up_claim(&mut self, holder: Origin, path: &RepoPath) {
        match self.claims.remove(&holder) {
            Some(Claim::Staged(Some(before)) | Claim::Moved(before)) => {
                self.records.insert(holder, before);
            }
            Some(Claim::Staged(None)) => drop(self.records.remove(&holder)),
            Some(Claim::Undecided) => self.end_unseen(holder),
            Some(Claim::Arrived) | None => self.end(holder, path),
        }
    }

    /// Deprecates an identity if another file took its path before it became known where its own
    /// file went. Its last content is unknown, so it only comes back with the content it was
    /// allocated for.
    pub(super) fn end_unseen(&mut self, origin: Origin) {
        if let Some(record) = self.records.get_mut(&origin) {
            record.retire(reason::MERGED, Some(self.situation.now), None);
        }
    }

    /// Takes identities from a commit being picked or reverted, for paths that have no identity in
    /// HEAD.
    pub(super) fn add_sources(&mut self) {
        let sources = self.situation.options.sources.iter();
        for source in sources.flat_map(ReplaySource::states) {
            let holders = source.registry.holders(|path| self.tracked.contains_key(path));
            for path in self.unheld() {
                let Some(source_record) = holders.get(&path) else { continue };
                // No two records may have the same number.
                let taken = || self.records.values().any(|r| r.id == source_record.id);
                match self.records.get(&source_record.origin) {
                    Some(record) if record.revives() => self.activate(source_record.origin, &path),
                    None if source_record.is_active() && !taken() => {
                        self.records.insert(source_record.origin, (*source_record).clone());
                        self.held.insert(path, source_record.origin);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Returns the tracked paths that have no holder, in bytewise order.
    pub(super) fn unheld(&self) -> Vec<RepoPath> {
        let free = self.tracked.keys().filter(|path| !self.held.contains_key(**path));
        free.map(|path| (*path).clone()).collect()
    }

    /// Makes a record active and lets it hold a path.
    pub(super) fn activate(&mut self, origin: Origin, path: &RepoPath) {
        if let Some(record) = self.records.get_mut(&origin) {
            record.activate(path.clone());
            self.held.insert(path.clone(), origin);
        }
    }

    /// Returns the manual edits in the staged registry that this plan undoes.
    pub(super) fn undone(&self) -> Vec<Undone> {
        if self.edited.is_empty() {
            return Vec::new();
        }
        let staged = self.situation.staged.map(Registry::by_origin).unwrap_or_default();
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

    /// Returns the new files that may be rewritten versions of deleted files.
    pub(super) fn possible_renames(&self) -> Vec<PossibleRename> {
        let ([parent], [_, ..]) = (self.situation.parents, &*self.near) else { return Vec::new() };
        let known: BTreeSet<Origin> =
            parent.registry.allocations.iter().map(|r| r.origin).collect();
        let deleted = self.records.values();
        let deleted = deleted.filter(|r| r.revives() && self.was_active.contains(&r.origin));
        let deleted: BTreeMap<&RepoPath, Id> = deleted.map(|r| (&r.path, r.id)).collect();
        let of_pair = |pair: &Pair| {
            let new = self.records.get(self.held.get(&pair.to)?)?;
            let is_new = !known.contains(&new.origin) && new.text(key::COPIED_FROM).is_none();
            let id = *deleted.get(&pair.from).filter(|_| is_new)?;
            Some(PossibleRename { id, pair: pair.clone() })
        };
        self.near.iter().filter_map(of_pair).collect()
    }

    /// Returns the repaired registry.
    pub(super) fn into_registry(self) -> Registry {
        Registry { allocations: self.records.into_values().collect(), ..self.template }
    }

    /// Returns a copy of the current registry.
    pub(super) fn registry(&self) -> Registry {
        Registry { allocations: self.records.values().cloned().collect(), ..self.template.clone() }
    }
}

/// Returns an empty copy of the staged registry or, failing that, of the parents' registry.
fn template(situation: &PlanInput<'_>) -> Registry {
    let from = situation.staged.or(situation.base).map(Registry::head);
    let empty = Registry::new(situation.scope);
    let mut template = Registry { scope: situation.scope, ..from.unwrap_or(empty) };
    if let Some(base) = situation.base.filter(|base| !base.counters.is_empty()) {
        // A reservation is kept until its identity is allocated.
        let staged = situation.staged.into_iter().flat_map(|staged| &staged.allocations);
        let claims: BTreeSet<Id> = staged.map(|record| record.claim).collect();
        for (name, held) in &base.counters {
            let counter = template.counters.entry(*name).or_default();
            counter.floor = counter.floor.max(held.floor);
        }
        for id in base.reserved_ids().filter(|id| !claims.contains(id)) {
            let counter = template.counters.entry(id.counter()).or_default();
            counter.reserved.insert(id.sequence().get());
        }
    }
    if let Some(base) = situation.base {
        let last = base.legacy_changed_at().max(template.legacy_changed_at());
        last.into_iter().for_each(|at| template.set_legacy_changed_at(at));
        template.raise_legacy_bound(base.legacy_bound());
    }
    template
}
