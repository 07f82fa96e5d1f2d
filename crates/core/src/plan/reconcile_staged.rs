//! Reconciles the staged registry with the parents where their records differ.
//!
//! Paths and statuses follow the tree; anything that users and commands set on purpose is
//! preserved.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::check::Placement;
use crate::registry::{
    Allocation, Id, Origin, Registry, RepoPath, Status, Succession, key, reason,
};

/// The facts needed to reconcile staged records.
pub(super) struct StagedFacts<'a> {
    /// Returns whether a path is tracked in the index.
    pub is_tracked: &'a dyn Fn(&RepoPath) -> bool,
    /// The identity that each old path must keep.
    pub placement: &'a Placement,
    /// The parents' registry.
    pub parents: Option<&'a Registry>,
    /// The records in the parents' registry.
    pub base: &'a BTreeMap<Origin, &'a Allocation>,
    /// All staged records.
    pub staged: &'a BTreeMap<Origin, &'a Allocation>,
    /// The successions that are in the staged records but not in the parents.
    pub succession: &'a Succession,
    /// Returns whether the file at the second record's path is the first record's file, or was
    /// assigned to that record on purpose.
    pub has_file_of: &'a dyn Fn(&Allocation, &Allocation) -> bool,
    /// Like `has_file_of`, but also true if only another commit has the evidence.
    pub is_same_file: &'a dyn Fn(&Allocation, &Allocation) -> bool,
    /// Returns whether the file at a path is the same in the only parent.
    pub is_unchanged: &'a dyn Fn(&RepoPath) -> bool,
    /// Maps each identity to the record that has it in the parents; computed only when needed.
    pub owners: OnceCell<BTreeMap<Id, Origin>>,
    /// The records that hold paths in the parents; also computed only when needed.
    pub holders: OnceCell<BTreeMap<&'a RepoPath, &'a Allocation>>,
    /// The records whose staged move is refused; also computed only when needed.
    pub refused: OnceCell<BTreeSet<Origin>>,
}

impl<'a> StagedFacts<'a> {
    /// Returns whether `taker` may hold `path`: the path has no other holder, or was reassigned on
    /// purpose.
    fn may_hold(&self, path: &RepoPath, taker: &Allocation) -> bool {
        let Some(holder) = self.placement.get(path) else { return true };
        *holder == taker.origin || self.succession.leads(*holder, taker.origin)
    }

    /// Returns whether to adopt a record that no parent has: its file exists and no other record may
    /// claim the path, or it replaced one of the parents' records and has itself been replaced since,
    /// or it had ended in another adoption, whose records were joined to these.
    pub(super) fn adopts(&self, new_record: &Allocation) -> bool {
        let is_between = || {
            new_record.status == Status::Superseded
                && self.base.keys().any(|old| self.succession.leads(*old, new_record.origin))
        };
        let may_hold = || {
            self.may_hold(&new_record.path, new_record)
                && self.is_left(&new_record.path, new_record.origin, self.refused())
        };
        let is_of_another = || self.parents.is_some_and(|own| own.scope != new_record.id.scope());
        ((self.is_tracked)(&new_record.path) && may_hold())
            || is_between()
            || (!new_record.is_active() && is_of_another())
    }

    /// Returns the parents' record, updated with the intended changes from the staged registry.
    pub(super) fn reconcile(&self, base: &Allocation, staged: &Allocation) -> Allocation {
        let mut record = staged.clone();
        // Only a merge may give the record a different identity.
        if !staged.answers_to(base.id) || self.takes_id(base, staged) {
            record.id = base.id;
            record.claim = base.claim;
        }
        // The date decides between records with the same claim, so a commit must not change it.
        record.allocated_at = base.allocated_at;
        record.aliases.extend(&base.aliases);
        record.aliases.remove(&record.id);
        let is_moved = self.accepts_move(base, staged);
        if !is_moved {
            record.path = base.path.clone();
        }
        if !is_moved && staged.path != base.path {
            // A command's notes about the refused move do not apply here.
            for key in [key::MOVED_FROM, key::REASSIGNED_FROM] {
                record.take_key_of(Some(base), key);
            }
        }
        // A record that was revived at another path must not be active at its old one.
        let is_elsewhere = !is_moved && !base.is_active() && staged.is_active();
        // The merge driver does not read contents, so it revives a record for any file at its path.
        let is_of_another =
            base.revives() && staged.is_active() && !(self.has_file_of)(base, staged);
        if is_elsewhere || is_of_another || !self.accepts_status(base, staged, &record.path) {
            record.take_status_of(base);
        }
        record
    }

    /// Returns whether a staged record has an identity that belongs to another record in the
    /// parents.
    fn takes_id(&self, base: &Allocation, staged: &Allocation) -> bool {
        let owner = || self.owners.get_or_init(|| self.ids()).get(&staged.id);
        staged.id != base.id && owner().is_some_and(|owner| *owner != base.origin)
    }

    fn ids(&self) -> BTreeMap<Id, Origin> {
        self.base.values().map(|record| (record.id, record.origin)).collect()
    }

    fn accepts_move(&self, base: &Allocation, staged: &Allocation) -> bool {
        staged.path == base.path || !self.refused().contains(&staged.origin)
    }

    /// Returns the records whose staged move is refused.
    fn refused(&self) -> &BTreeSet<Origin> {
        self.refused.get_or_init(|| self.find_refused())
    }

    fn find_refused(&self) -> BTreeSet<Origin> {
        let pairs = self.base.iter().filter_map(|(id, base)| Some((*base, *self.staged.get(id)?)));
        let moved = pairs.filter(|(base, staged)| staged.path != base.path);
        let (mut open, mut refused) = (Vec::new(), BTreeSet::new());
        for (base, staged) in moved {
            if (self.is_tracked)(&staged.path)
                && !self.is_of_another_commit(base, staged)
                && !self.stays(&staged.path)
            {
                let is_led = self.leaves(base, staged) && self.may_hold(&staged.path, staged);
                open.push((base, staged, is_led));
            } else {
                refused.insert(staged.origin);
            }
        }
        // If a record stays, its path remains occupied, so a record that was supposed to move there
        // stays too.
        loop {
            let before = refused.len();
            open.retain(|(base, staged, is_led)| {
                let goes = (*is_led && self.is_left(&staged.path, staged.origin, &refused))
                    || self.goes_along(base, staged, &refused);
                if !goes {
                    refused.insert(staged.origin);
                }
                goes
            });
            if refused.len() == before {
                return refused;
            }
        }
    }

    /// Returns whether a record leaves its path, because its file moved or a command says so.
    fn leaves(&self, base: &Allocation, staged: &Allocation) -> bool {
        !(base.is_active() && (self.is_tracked)(&base.path)) && (self.is_same_file)(base, staged)
            || self.succession.replaces(base.origin)
            || self.succession.concerns(base.origin)
    }

    /// Returns whether a path is available to `taker`: either no other record is there, or the
    /// record there leaves.
    fn is_left(&self, path: &RepoPath, taker: Origin, refused: &BTreeSet<Origin>) -> bool {
        let holder = self.placement.get(path).filter(|holder| **holder != taker);
        let now = holder.and_then(|holder| self.staged.get(holder));
        let is_deleted = |now: &Allocation| {
            now.revives() && now.text(key::DEPRECATED_REASON) == Some(reason::DELETED)
        };
        now.is_none_or(|now| match () {
            // The holder's file was deleted or has not moved.
            () if is_deleted(now) || (now.is_active() && !(self.is_tracked)(&now.path)) => {
                !(self.is_unchanged)(path)
            }
            () if !now.is_active() || now.path == *path => true,
            () => !refused.contains(&now.origin),
        })
    }

    /// Returns whether a shadowed record follows the record that holds its path and shares its
    /// file: the two are staged at the same new path.
    fn goes_along(
        &self,
        base: &Allocation,
        staged: &Allocation,
        refused: &BTreeSet<Origin>,
    ) -> bool {
        let holders = || self.parents.map(|parents| parents.holders(|_| false));
        let holder = self.holders.get_or_init(|| holders().unwrap_or_default()).get(&base.path);
        let holder = holder.filter(|holder| holder.origin != base.origin);
        let now = holder.and_then(|then| self.staged.get(&then.origin));
        now.is_some_and(|now| now.path == staged.path && !refused.contains(&now.origin))
    }

    /// Returns whether the identity at a path stays there, although a command in another commit
    /// noted that it moved.
    fn stays(&self, path: &RepoPath) -> bool {
        let holder = self.placement.get(path);
        let pair = holder.and_then(|holder| self.base.get(holder).zip(self.staged.get(holder)));
        pair.is_some_and(|(base, staged)| self.is_of_another_commit(base, staged))
    }

    /// Returns whether a command in another commit noted a move, but this commit leaves the file
    /// where it is, for example after a cherry-pick or squash whose conflicts were resolved with
    /// HEAD's files.
    fn is_of_another_commit(&self, base: &Allocation, staged: &Allocation) -> bool {
        let is_elsewhere = |path: &RepoPath| (self.is_tracked)(path) && (self.is_unchanged)(path);
        // Reverting the move takes the record back to its old path.
        let is_returning = base.was_moved_from(&staged.path);
        staged.path != base.path
            && staged.text(key::MOVED_FROM).is_some_and(|_| !is_returning)
            && !staged.was_moved_from(&base.path)
            && is_elsewhere(&base.path)
            && is_elsewhere(&staged.path)
            && !self.is_left_to_another(base)
    }

    /// Returns whether a command assigned the identity to another file, while the identity's own
    /// file stayed and got a different identity.
    fn is_left_to_another(&self, base: &Allocation) -> bool {
        let is_it = |(origin, new): (&Origin, &&Allocation)| {
            new.is_active()
                && new.path == base.path
                && *origin != base.origin
                && new.is_new_or_assigned_since(self.base.get(origin).copied())
                && self.succession.leads(base.origin, *origin)
        };
        self.staged.iter().any(is_it)
    }

    fn accepts_status(&self, base: &Allocation, staged: &Allocation, path: &RepoPath) -> bool {
        let on_purpose = |r: &Allocation| {
            r.is_deprecated_by_command() || r.is_purged() || r.status == Status::Superseded
        };
        let records = || self.staged.values().copied();
        // The record's file exists, but no successor holds it.
        let is_superseded_by_nothing = base.status != Status::Superseded
            && staged.status == Status::Superseded
            && (self.is_tracked)(path)
            && !self.succession.has_heir_at(staged.origin, path, records());
        // A purged record must not have a file.
        let has_file = || base.is_active() && staged.is_purged() && (self.is_tracked)(path);
        let is_explained = || staged.explains_its_status(records()) && !has_file();
        // A command that revives a record removes its links to and from its successor; a merge that
        // finds the record alive does not.
        let is_half_revived = base.status == Status::Superseded
            && staged.is_active()
            && (staged.metadata.contains_key(key::SUPERSEDED_BY)
                || records().any(|heir| {
                    base.successor().is_some_and(|id| heir.answers_to(id))
                        && !heir.revives()
                        && heir.supersedes(base)
                }));
        // The successor still holds the record's path.
        let is_revived_beside = || {
            base.status == Status::Superseded
                && staged.is_active()
                && !self.is_left(path, staged.origin, self.refused())
        };
        if is_superseded_by_nothing
            || is_half_revived
            || is_revived_beside()
            || (base.status != staged.status && !is_explained())
        {
            return false;
        }
        if on_purpose(base) || on_purpose(staged) {
            return true;
        }
        // Neither status was set on purpose, so the tree decides, and the staged record only
        // preserves the date. A command may have moved another file to a deleted file's path.
        staged.is_active() == (self.is_tracked)(path)
            || (staged.revives() && self.succession.has_heir_at(staged.origin, path, records()))
    }

    /// Returns whether a staged record was edited by hand, or removed although its file still
    /// exists; `reconciled` is the record after reconciliation. A record changed by an earlier run
    /// counts as unedited: it either explains its status or has a file that resembles the previous
    /// one.
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
        let is_renumbered = (!staged.answers_to(base.id) && !base.answers_to(staged.id))
            || self.takes_id(base, staged);
        // A merge takes the earlier of two dates, so a later date is a manual edit.
        let is_dated = staged.allocated_at > base.allocated_at;
        // A rule that deprecates a record also stores its last content.
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
