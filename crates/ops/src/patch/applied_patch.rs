//! Undoes one applied patch, unless later changes depend on it. This module performs no I/O.

use std::collections::BTreeSet;

use idhooks_core::registry::{Allocation, Registry, RepoPath, Status};

use crate::lifecycle;

/// The records changed by a patch: their versions before and after the patch, in the same order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedPatch {
    /// The records before the patch.
    pub before: Vec<Allocation>,
    /// The records after the patch.
    pub after: Vec<Allocation>,
}

/// The circumstances in which a patch is undone.
pub struct UndoContext<'a> {
    /// Returns whether the index has a file that may have an identity.
    pub has_file: &'a dyn Fn(&RepoPath) -> bool,
    /// The last commit's registry.
    pub committed: Option<&'a Registry>,
}

impl AppliedPatch {
    /// Returns the differences between two registries. New records are no part of it: an identity
    /// that was allocated stays.
    pub fn between(before: &Registry, after: &Registry) -> Self {
        let old = before.by_origin();
        let changed = after.allocations.iter().filter_map(|record| {
            let former = *old.get(&record.origin)?;
            (former != record).then(|| (former.clone(), record.clone()))
        });
        let (before, after) = changed.unzip();
        AppliedPatch { before, after }
    }

    /// Returns a registry without the patch's changes. Later changes to other records and to other
    /// fields are kept.
    ///
    /// # Errors
    /// Returns descriptions of all later changes that depend on the patch.
    pub fn undo(
        &self,
        current: &Registry,
        context: &UndoContext<'_>,
    ) -> Result<Registry, Vec<String>> {
        let mut undo = PatchUndo { registry: current.clone(), context, conflicts: Vec::new() };
        for (old, new) in self.before.iter().zip(&self.after) {
            undo.restore(old, new);
        }
        if undo.conflicts.is_empty() { Ok(undo.registry) } else { Err(undo.conflicts) }
    }
}

/// The registry so far, and descriptions of later changes that depend on the patch.
struct PatchUndo<'a> {
    registry: Registry,
    context: &'a UndoContext<'a>,
    conflicts: Vec<String>,
}

impl PatchUndo<'_> {
    fn conflict(&mut self, what: String) {
        self.conflicts.push(what);
    }

    /// Restores the fields that the patch changed to their earlier values.
    fn restore(&mut self, old: &Allocation, new: &Allocation) {
        let mut all = self.registry.allocations.iter();
        let Some(place) = all.position(|one| one.origin == new.origin) else {
            return self.conflict(format!("{} is no longer in the registry", new.id));
        };
        let record = self.registry.allocations[place].clone();
        let id = record.id;
        // A tombstone no longer has the metadata needed to undo the change.
        if record.is_purged() {
            return self.conflict(format!("{id} was purged since"));
        }
        if old.status != new.status && record.status != new.status {
            return self.conflict(format!("{id} is {} now", record.status));
        }
        let keys: BTreeSet<&String> = old.metadata.keys().chain(new.metadata.keys()).collect();
        let changed = |key: &&&String| old.metadata.get(**key) != new.metadata.get(**key);
        let changed: Vec<&String> = keys.iter().filter(changed).copied().collect();
        for key in &changed {
            if record.metadata.get(*key) != new.metadata.get(*key) {
                self.conflict(format!("metadata.{key} of {id} was changed since"));
            }
        }
        if old.path != new.path && !self.may_move_back(&record, old, new) {
            return;
        }
        // Reviving has additional conditions, such as a file at the path.
        if old.status != new.status && old.status == Status::Active {
            let has_file = self.context.has_file;
            if let Err(refusal) = lifecycle::revive(&mut self.registry, id, has_file) {
                return self.conflict(refusal.to_string());
            }
        }
        let record = &mut self.registry.allocations[place];
        record.status = old.status;
        if old.path != new.path {
            record.path = old.path.clone();
        }
        for key in changed {
            match old.metadata.get(key) {
                Some(value) => drop(record.metadata.insert(key.clone(), value.clone())),
                None => drop(record.metadata.remove(key)),
            }
        }
    }

    /// Returns whether a record can go back to the path that it had before the patch.
    fn may_move_back(&mut self, record: &Allocation, old: &Allocation, new: &Allocation) -> bool {
        let id = record.id;
        let committed = self.context.committed.map(Registry::by_origin).unwrap_or_default();
        let conflict = if record.path != new.path {
            Some(format!("{id} is at '{}' now", record.path))
        } else if committed.get(&record.origin).is_some_and(|then| then.path == new.path) {
            Some(format!("a commit has {id} at '{}'", new.path))
        } else {
            let holders = self.registry.holders(self.context.has_file);
            let holder = holders.get(&old.path).filter(|holder| holder.origin != record.origin);
            holder.map(|holder| format!("'{}' has the identity {} now", old.path, holder.id))
        };
        let is_free = conflict.is_none();
        self.conflicts.extend(conflict);
        is_free
    }
}
