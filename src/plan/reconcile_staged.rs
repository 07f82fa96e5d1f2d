//! What becomes of a record that the parents and the staged registry tell differently.
//!
//! Paths and states are facts of the tree; what people and commands set on purpose stands.

use std::collections::BTreeMap;

use crate::check::Placement;
use crate::registry::{Allocation, Origin, RepoPath, Status, Succession, key};

/// What is needed to judge staged records.
pub(super) struct StagedFacts<'a> {
    /// Which paths are tracked in the index.
    pub is_tracked: &'a dyn Fn(&RepoPath) -> bool,
    /// Which identity each old path must keep.
    pub placement: &'a Placement,
    /// All staged records.
    pub staged: &'a BTreeMap<Origin, &'a Allocation>,
    /// Who took whose place among them.
    pub succession: &'a Succession,
    /// Whether the file at the second record's path is that of the first, or was made so on
    /// purpose.
    pub is_same_file: &'a dyn Fn(&Allocation, &Allocation) -> bool,
}

impl StagedFacts<'_> {
    /// Returns whether a person took `path` away from its holder for `taker` on purpose.
    fn is_given_up(&self, path: &RepoPath, taker: &Allocation) -> bool {
        let Some(holder) = self.placement.get(path) else { return true };
        *holder == taker.origin || self.succession.leads(*holder, taker.origin)
    }

    /// Returns whether a record that no parent knows is adopted: its file is there, and nobody
    /// else has a right to the path; or it stands between one of `base` and that one's successor.
    pub(super) fn adopts(&self, fresh: &Allocation, base: &BTreeMap<Origin, &Allocation>) -> bool {
        let is_between = || {
            fresh.status == Status::Superseded
                && base.keys().any(|old| self.succession.leads(*old, fresh.origin))
        };
        ((self.is_tracked)(&fresh.path) && self.is_given_up(&fresh.path, fresh)) || is_between()
    }

    /// Returns the record with what was changed in the staged registry on purpose.
    pub(super) fn settle(&self, base: &Allocation, staged: &Allocation) -> Allocation {
        let mut record = staged.clone();
        // A merge may have moved it to another identity; nobody else may.
        if !staged.answers_to(base.id) {
            record.id = base.id;
            record.claim = base.claim;
        }
        record.allocated_at = base.allocated_at;
        record.aliases.extend(&base.aliases);
        record.aliases.remove(&record.id);
        if !self.accepts_move(base, staged) {
            record.path = base.path.clone();
        }
        if !self.accepts_status(base, staged, &record.path) {
            record.take_status_of(base);
        }
        record
    }

    fn accepts_move(&self, base: &Allocation, staged: &Allocation) -> bool {
        let is_tracked = self.is_tracked;
        let places = |record: &Allocation| record.metadata.get(key::REASSIGNED_FROM).cloned();
        let leaves = || {
            let mut takers = self.staged.values();
            !is_tracked(&base.path) && (self.is_same_file)(base, staged)
                || takers.any(|r| r.reassigned_from().any(|from| from == base.origin))
                || staged.was_moved_from(&base.path)
                || places(staged) != places(base)
        };
        staged.path == base.path
            || (is_tracked(&staged.path) && leaves() && self.is_given_up(&staged.path, staged))
    }

    fn accepts_status(&self, base: &Allocation, staged: &Allocation, path: &RepoPath) -> bool {
        let on_purpose = |r: &Allocation| {
            r.is_deprecated_by_command() || r.is_purged() || r.status == Status::Superseded
        };
        if self.is_superseded_by_nothing(base, staged, path) || !self.explains(base, staged, path) {
            return false;
        }
        if on_purpose(base) || on_purpose(staged) {
            return true;
        }
        // Both follow the file: the tree decides, the staged record only remembers the date.
        staged.is_active() == (self.is_tracked)(path)
    }

    /// Returns whether the staged record says how it came to a status that is another one.
    fn explains(&self, base: &Allocation, staged: &Allocation, path: &RepoPath) -> bool {
        // Who is purged has no file.
        let has_file = || base.is_active() && staged.is_purged() && (self.is_tracked)(path);
        base.status == staged.status
            || (staged.explains_its_status(self.staged.values().copied()) && !has_file())
    }

    /// Returns whether a record would leave its file, which is there, to no other record.
    fn is_superseded_by_nothing(
        &self,
        base: &Allocation,
        staged: &Allocation,
        path: &RepoPath,
    ) -> bool {
        base.status != Status::Superseded
            && staged.status == Status::Superseded
            && (self.is_tracked)(path)
            && !self.succession.has_heir_at(staged.origin, path, self.staged.values().copied())
    }
}
