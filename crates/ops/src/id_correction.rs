//! Corrects a file's identity after a rename was followed wrongly or not at all.

use std::collections::BTreeSet;

use idhooks_core::check::Placement;
use idhooks_core::plan::record_links::{find, note_move, supersede, unlink};
use idhooks_core::registry::{Allocation, Id, Origin, Registry, RepoPath, Status, Succession, key};

use crate::lifecycle::{HasFile, LifecycleRefusal};

/// What is needed to correct an identity.
pub(crate) struct Correction<'a> {
    /// The registry of the next commit's parents.
    pub committed: Option<&'a Registry>,
    /// The identity that each of the parents' paths would keep.
    pub kept: &'a Placement,
    /// Returns whether a path has a file that may have an identity.
    pub has_file: &'a HasFile<'a>,
}

impl Correction<'_> {
    /// Assigns an identity to the file at `path`. Returns the identity's old path if the file there
    /// no longer has an identity.
    ///
    /// The previous holder of `path` goes back to its path in the last commit. If another committed
    /// record now has that path, the previous holder is superseded instead. A holder that was never
    /// committed is removed.
    ///
    /// # Errors
    /// Returns an error if the identity does not exist or has been purged.
    pub(crate) fn assign(
        &self,
        registry: &mut Registry,
        id: Id,
        path: &RepoPath,
    ) -> Result<Option<RepoPath>, LifecycleRefusal> {
        let known = registry.allocations.iter().find(|record| record.id == id);
        let taker = known.ok_or(LifecycleRefusal::Unknown(id))?.clone();
        // A tombstone lacks data that an active record needs.
        if taker.is_purged() {
            return Err(LifecycleRefusal::Status(id, taker.status));
        }
        let holder = registry.holders(self.has_file).get(&taker.path).map(|holder| holder.origin);
        let held_path = (self.has_file)(&taker.path) && holder == Some(taker.origin);
        let displaced = self.records_at(registry, path, taker.origin);
        let from = self.predecessor(path, &taker, &displaced);
        // The record becomes active again, so its successor must no longer claim to supersede it.
        if taker.status == Status::Superseded {
            unlink(&mut registry.allocations, &taker);
        }
        if let Some(record) = find(registry, taker.origin) {
            let committed = self.committed(taker.origin);
            // Start again from the last commit, so that an earlier correction leaves no trace.
            record.take_key_of(committed, key::REASSIGNED_FROM);
            record.metadata.remove(key::SUPERSEDED_BY);
            record.activate(path.clone());
            note_move(record, committed);
            if let Some(from) = from {
                record.add_link(key::REASSIGNED_FROM, &from.to_string());
            }
        }
        for record in &displaced {
            self.displace(registry, record, taker.origin);
        }
        // Another record may have been given this record's second identity in the meantime.
        if !taker.is_active() {
            registry.keep_doc_id_of_revived_unique(taker.origin);
        }
        let left = held_path.then(|| self.release_path(registry, &taker, path)).flatten();
        self.note_predecessors(registry);
        Ok(left)
    }

    /// Finds a holder for the path that an identity left; returns the path if no record can hold
    /// it.
    fn release_path(
        &self,
        registry: &mut Registry,
        taker: &Allocation,
        to: &RepoPath,
    ) -> Option<RepoPath> {
        let (id, left) = (taker.id, Some(taker.path.clone()).filter(|left| left != to)?);
        if !registry.holders(self.has_file).contains_key(&left) {
            self.restore_holder(registry, &left, id);
        }
        // A shadowed record may now hold the path.
        let holder = registry.holders(self.has_file).get(&left).map(|holder| holder.origin);
        let Some(holder) = holder.and_then(|origin| find(registry, origin)) else {
            return Some(left);
        };
        self.note_predecessor(holder, id);
        None
    }

    /// If a record's path belonged to a different record in the last commit, notes which record was
    /// replaced, unless the new record is already known to supersede it.
    pub(crate) fn note_predecessors(&self, registry: &mut Registry) {
        let succession = Succession::added(registry.allocations.iter(), self.committed);
        for record in registry.allocations.iter_mut().filter(|record| record.is_active()) {
            let before = self.kept.get(&record.path).filter(|before| **before != record.origin);
            if let Some(before) = before.filter(|before| !succession.leads(**before, record.origin))
            {
                record.add_link(key::REASSIGNED_FROM, &before.to_string());
            }
        }
    }

    /// Given the new record of a file that `leaver` used to name, notes in it which record it
    /// replaces.
    pub(crate) fn note_predecessor(&self, record: &mut Allocation, leaver: Id) {
        let kept = self.kept.get(&record.path).copied();
        let known = || self.committed?.allocations.iter().find(|known| known.answers_to(leaver));
        let before = kept.or_else(|| known().map(|known| known.origin));
        if let Some(before) = before.filter(|before| *before != record.origin) {
            record.add_link(key::REASSIGNED_FROM, &before.to_string());
        }
    }

    /// Returns all records with this path except the one with origin `but`.
    fn records_at(&self, registry: &Registry, path: &RepoPath, but: Origin) -> Vec<Allocation> {
        // Records with any other status no longer claim their paths.
        let names = |r: &&Allocation| r.is_active() || r.is_deprecated_by_command();
        let records = registry.allocations.iter().filter(names);
        records.filter(|r| r.path == *path && r.origin != but).cloned().collect()
    }

    fn committed(&self, origin: Origin) -> Option<&Allocation> {
        self.committed?.allocations.iter().find(|record| record.origin == origin)
    }

    /// Returns the record that is replaced: the one that held the path in the last commit, or else
    /// the current holder.
    fn predecessor(
        &self,
        path: &RepoPath,
        taker: &Allocation,
        displaced: &[Allocation],
    ) -> Option<Origin> {
        if let Some(before) = self.kept.get(path) {
            return Some(*before).filter(|before| *before != taker.origin);
        }
        let mut origins = displaced.iter().flat_map(|record| {
            let then = self.committed(record.origin);
            let old: BTreeSet<Origin> =
                then.into_iter().flat_map(|r| r.reassigned_from()).collect();
            let own = then.map(|_| record.origin);
            // Intermediate steps between two commits are not recorded.
            record.reassigned_from().find(|from| !old.contains(from)).or(own)
        });
        origins.find(|origin| *origin != taker.origin)
    }

    /// Moves a record off a path that another record takes.
    fn displace(&self, registry: &mut Registry, record: &Allocation, taker: Origin) {
        let Some(then) = self.committed(record.origin) else {
            return discard(registry, record, taker);
        };
        let held =
            (then.is_active() || then.is_deprecated_by_command()) && (self.has_file)(&then.path);
        let others = self.records_at(registry, &then.path, record.origin);
        let is_known = |r: &Allocation| self.committed(r.origin).is_some();
        if held && (then.path == record.path || others.iter().any(is_known)) {
            return supersede(registry, record.origin, taker);
        }
        if !held && then.path != record.path && then.is_active() {
            // The record's file was renamed to the taken path, or was deleted.
            return supersede(registry, record.origin, taker);
        }
        restore(registry, then);
        let lost_path = |old: &Allocation| old.path == record.path;
        transfer_predecessors(registry, record, taker, lost_path);
        for other in others.iter().filter(|_| held) {
            discard(registry, other, then.origin);
        }
    }

    /// Gives a path back to the record that has lost it since the last commit.
    fn restore_holder(&self, registry: &mut Registry, path: &RepoPath, leaver: Id) {
        let lost_path = |record: &&Allocation| {
            let is_kept = self.kept.get(path) == Some(&record.origin);
            record.status == Status::Superseded
                && record.path == *path
                && (is_kept || record.successor() == Some(leaver))
                && self.committed(record.origin).is_some_and(|r| r.status != Status::Superseded)
        };
        let found = registry.allocations.iter().filter(lost_path);
        // If there are several such records, the senior one gets the path, as in a merge.
        let Some(origin) = found.min_by_key(|record| record.seniority()).map(|r| r.origin) else {
            return;
        };
        let Some(then) = self.committed(origin) else { return };
        restore(registry, then);
        if let Some(record) = find(registry, origin).filter(|record| record.path != *path) {
            record.follow(path.clone());
        }
    }
}

/// Restores the path and status that a record had in the last commit.
fn restore(registry: &mut Registry, then: &Allocation) {
    let Some(now) = find(registry, then.origin).cloned() else { return };
    if now.status == Status::Superseded {
        unlink(&mut registry.allocations, &now);
    }
    let Some(record) = find(registry, then.origin) else { return };
    let id = record.id.to_string();
    record.path = then.path.clone();
    record.status = then.status;
    for key in key::OF_STATUS.into_iter().chain(key::OF_EVIDENCE) {
        record.take_key_of(Some(then), key);
    }
    let mut records = registry.allocations.iter_mut();
    // The commit has this link, but an earlier correction may have removed it.
    if let Some(heir) = then.successor()
        && let Some(heir) = records.find(|record| record.answers_to(heir))
    {
        heir.add_link(key::SUPERSEDES, &id);
    }
}

/// Removes a record that was never committed; `heir` then supersedes the records that the removed
/// one superseded.
fn discard(registry: &mut Registry, record: &Allocation, heir: Origin) {
    registry.allocations.retain(|r| r.origin != record.origin);
    transfer_predecessors(registry, record, heir, |_| true);
}

/// Makes `heir` the successor of the records that `record` superseded.
fn transfer_predecessors(
    registry: &mut Registry,
    record: &Allocation,
    heir: Origin,
    is_affected: impl Fn(&Allocation) -> bool,
) {
    let lost_path = |old: &&Allocation| {
        old.successor().is_some_and(|id| record.answers_to(id))
            && old.origin != heir
            && is_affected(old)
    };
    let old_records: Vec<Allocation> =
        registry.allocations.iter().filter(lost_path).cloned().collect();
    for old in old_records {
        unlink(&mut registry.allocations, &old);
        supersede(registry, old.origin, heir);
    }
}
