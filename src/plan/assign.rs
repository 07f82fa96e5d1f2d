//! Correcting which identity a file has: a rename that was followed wrongly, or not at all.

use std::collections::BTreeSet;

use crate::check::Placement;
use crate::registry::{Allocation, Id, Origin, Registry, RepoPath, Status, Succession, key};

use super::lifecycle::{HasFile, LifecycleRefusal};
use super::links::{add, find, note_move, restore_key, supersede, unlink};

/// The keys that tell how a record came to its place, besides those of its status.
const OF_PLACE: [&str; 3] = [key::SUPERSEDED_BY, key::REASSIGNED_FROM, key::MOVED_FROM];

/// What must be known to correct an identity.
pub struct Correction<'a> {
    /// What the parents of the commit to be made come to.
    pub committed: Option<&'a Registry>,
    /// Which identity each path would keep that is in them.
    pub kept: &'a Placement,
    /// Which paths have a file that may have an identity.
    pub has_file: &'a HasFile<'a>,
}

impl Correction<'_> {
    /// Makes an identity that of the file at `path`. Returns the path which it leaves, if the
    /// file there has no identity any more.
    ///
    /// Who held `path` goes back to where the last commit has it, if nobody else known to it has
    /// that path by now; else it is superseded. One that no commit knows is forgotten.
    ///
    /// # Errors
    /// An identity that is not known, or shortened for good.
    pub fn assign(
        &self,
        registry: &mut Registry,
        id: Id,
        path: &RepoPath,
    ) -> Result<Option<RepoPath>, LifecycleRefusal> {
        let known = registry.allocations.iter().find(|record| record.id == id);
        let taker = known.ok_or(LifecycleRefusal::Unknown(id))?.clone();
        if taker.is_purged() {
            return Err(LifecycleRefusal::Status(id, taker.status));
        }
        let was_there = self.holds(registry, &taker);
        let displaced = self.at(registry, path, taker.origin);
        let from = self.predecessor(path, &taker, &displaced);
        self.settle_taker(registry, &taker, path, from);
        for record in &displaced {
            self.displace(registry, record, taker.origin);
        }
        let left = was_there.then(|| self.leave(registry, &taker, path)).flatten();
        self.note_all(registry);
        Ok(left)
    }

    /// Sees who has the path that an identity left; returns it if nobody does.
    fn leave(
        &self,
        registry: &mut Registry,
        taker: &Allocation,
        to: &RepoPath,
    ) -> Option<RepoPath> {
        let (id, left) = (taker.id, Some(taker.path.clone()).filter(|left| left != to)?);
        if !registry.holders(self.has_file).contains_key(&left) {
            self.give_back(registry, &left, id);
        }
        // One that was in the shadow may have it now.
        let holder = registry.holders(self.has_file).get(&left).map(|holder| holder.origin);
        match holder.and_then(|origin| find(registry, origin)) {
            Some(holder) => self.note_predecessor(holder, id),
            None => return Some(left),
        }
        None
    }

    /// Notes whose place is taken wherever the last commit gives a path to another one, and
    /// nothing tells of it.
    fn note_all(&self, registry: &mut Registry) {
        let succession = Succession::of(registry.allocations.iter());
        for record in registry.allocations.iter_mut().filter(|record| record.is_active()) {
            let before = self.kept.get(&record.path).filter(|before| **before != record.origin);
            if let Some(before) = before.filter(|before| !succession.leads(**before, record.origin))
            {
                add(record, key::REASSIGNED_FROM, &before.to_string());
            }
        }
    }

    /// Notes whose place the new record of a file takes that `leaver` left.
    pub fn note_predecessor(&self, record: &mut Allocation, leaver: Id) {
        let kept = self.kept.get(&record.path).copied();
        let known = || self.committed?.allocations.iter().find(|known| known.answers_to(leaver));
        let before = kept.or_else(|| known().map(|known| known.origin));
        if let Some(before) = before.filter(|before| *before != record.origin) {
            add(record, key::REASSIGNED_FROM, &before.to_string());
        }
    }

    fn holds(&self, registry: &Registry, record: &Allocation) -> bool {
        let holders = registry.holders(self.has_file);
        let holder = holders.get(&record.path).map(|holder| holder.origin);
        (self.has_file)(&record.path) && holder == Some(record.origin)
    }

    /// Returns all that name `path` as theirs but one.
    fn at(&self, registry: &Registry, path: &RepoPath, but: Origin) -> Vec<Allocation> {
        let names = |r: &&Allocation| r.is_active() || r.is_deprecated_by_command();
        let records = registry.allocations.iter().filter(names);
        records.filter(|r| r.path == *path && r.origin != but).cloned().collect()
    }

    fn committed(&self, origin: Origin) -> Option<&Allocation> {
        self.committed?.allocations.iter().find(|record| record.origin == origin)
    }

    /// Returns whose place is taken: of who had the path in the last commit, else of who has it.
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
            // Nobody hears of a step between two commits.
            record.reassigned_from().find(|from| !old.contains(from)).or(own)
        });
        origins.find(|origin| *origin != taker.origin)
    }

    fn settle_taker(
        &self,
        registry: &mut Registry,
        taker: &Allocation,
        path: &RepoPath,
        from: Option<Origin>,
    ) {
        if taker.status == Status::Superseded {
            unlink(registry, taker);
        }
        let Some(record) = find(registry, taker.origin) else { return };
        // What was corrected since the last commit is corrected anew.
        restore_key(record, self.committed(taker.origin), key::REASSIGNED_FROM);
        record.metadata.remove(key::SUPERSEDED_BY);
        record.activate(path.clone());
        note_move(record, self.committed(taker.origin));
        if let Some(from) = from {
            add(record, key::REASSIGNED_FROM, &from.to_string());
        }
    }

    /// Has a record leave its path to another one.
    fn displace(&self, registry: &mut Registry, record: &Allocation, taker: Origin) {
        let Some(then) = self.committed(record.origin) else {
            return forget(registry, record, taker);
        };
        let held =
            (then.is_active() || then.is_deprecated_by_command()) && (self.has_file)(&then.path);
        let others = self.at(registry, &then.path, record.origin);
        let is_known = |r: &Allocation| self.committed(r.origin).is_some();
        if held && (then.path == record.path || others.iter().any(is_known)) {
            return supersede(registry, record.origin, taker);
        }
        if !held && then.path != record.path && then.is_active() {
            // Its file came here under this name, or is gone.
            return supersede(registry, record.origin, taker);
        }
        restore(registry, then);
        let gave_way = |old: &Allocation| old.path == record.path;
        hand_over(registry, record, taker, gave_way);
        for other in others.iter().filter(|_| held) {
            forget(registry, other, then.origin);
        }
    }

    /// Gives a path that was left back to who gave way there since the last commit.
    fn give_back(&self, registry: &mut Registry, path: &RepoPath, leaver: Id) {
        let gave_way = |record: &&Allocation| {
            let is_kept = self.kept.get(path) == Some(&record.origin);
            record.status == Status::Superseded
                && record.path == *path
                && (is_kept || successor(record) == Some(leaver))
                && self.committed(record.origin).is_some_and(|r| r.status != Status::Superseded)
        };
        let found = registry.allocations.iter().filter(gave_way);
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

/// Makes place and state of a record what they were in the last commit.
fn restore(registry: &mut Registry, then: &Allocation) {
    let Some(now) = find(registry, then.origin).cloned() else { return };
    if now.status == Status::Superseded {
        unlink(registry, &now);
    }
    let Some(record) = find(registry, then.origin) else { return };
    let id = record.id.to_string();
    record.path = then.path.clone();
    record.status = then.status;
    for key in key::OF_STATUS.into_iter().chain(OF_PLACE) {
        restore_key(record, Some(then), key);
    }
    let mut records = registry.allocations.iter_mut();
    if let Some(heir) = successor(then)
        && let Some(heir) = records.find(|record| record.answers_to(heir))
    {
        add(heir, key::SUPERSEDES, &id);
    }
}

/// Takes a record that no commit knows out of the registry; who gave way to it, gives way to
/// `heir`.
fn forget(registry: &mut Registry, record: &Allocation, heir: Origin) {
    registry.allocations.retain(|r| r.origin != record.origin);
    hand_over(registry, record, heir, |_| true);
}

/// Has those that gave way to a record give way to `heir` instead.
fn hand_over(
    registry: &mut Registry,
    record: &Allocation,
    heir: Origin,
    is_meant: impl Fn(&Allocation) -> bool,
) {
    let gave_way = |old: &&Allocation| {
        successor(old).is_some_and(|id| record.answers_to(id))
            && old.origin != heir
            && is_meant(old)
    };
    let olds: Vec<Allocation> = registry.allocations.iter().filter(gave_way).cloned().collect();
    for old in olds {
        unlink(registry, &old);
        supersede(registry, old.origin, heir);
    }
}

/// Returns which identity took the place of a record.
fn successor(record: &Allocation) -> Option<Id> {
    let named = record.text(key::SUPERSEDED_BY).filter(|_| record.status == Status::Superseded);
    named?.parse().ok()
}
