//! [`RegistryDraft`]: a registry in which files are being given identities, with its records and
//! the files that hold them.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::plan::{Continued, IdAssigner, NewId, PlanError};
use idhooks_core::registry::{Allocation, Entry, Id, Origin, Registry, RepoPath};

use super::record_lookup::{Purpose, TypedId};
use super::transaction::RegistryTransaction;
use crate::id_correction::Correction;
use crate::{OpsError, SubjectError, lifecycle};

/// A registry that new identities are added to.
pub struct RegistryDraft<'d> {
    /// The transaction for the index that contains the files.
    pub transaction: &'d RegistryTransaction<'d>,
    /// The command or hook that allocates the identities.
    pub assigner: IdAssigner<'d>,
    /// The registry without its records.
    registry: Registry,
    records: BTreeMap<Origin, Allocation>,
    held: BTreeMap<RepoPath, Origin>,
    /// The records, keyed by their files' current identities and aliases.
    named: BTreeMap<Id, Origin>,
    taken: BTreeSet<Id>,
    /// Pairs of a superseded identity and its replacement.
    superseded: Vec<(Id, Id)>,
}

impl<'d> RegistryDraft<'d> {
    /// Creates a draft from a registry.
    pub fn new(transaction: &'d RegistryTransaction<'d>, mut registry: Registry) -> Self {
        let holders = registry.holders(|path| transaction.has_file(path));
        let held = holders.into_iter().map(|(path, record)| (path.clone(), record.origin));
        let held: BTreeMap<RepoPath, Origin> =
            held.filter(|(path, _)| transaction.has_file(path)).collect();
        let all = std::mem::take(&mut registry.allocations);
        let taken = all.iter().flat_map(|record| ids(record).chain([record.claim])).collect();
        let records: BTreeMap<Origin, Allocation> =
            all.into_iter().map(|record| (record.origin, record)).collect();
        let holding = || held.values().filter_map(|origin| records.get(origin));
        let mut named = BTreeMap::new();
        for record in holding() {
            for alias in &record.aliases {
                named.entry(*alias).or_insert(record.origin);
            }
        }
        named.extend(holding().map(|record| (record.id, record.origin)));
        let (assigner, superseded) = (transaction.assigner(), Vec::new());
        RegistryDraft { transaction, assigner, registry, records, held, named, taken, superseded }
    }

    /// Returns a file's record.
    pub fn holder(&self, path: &RepoPath) -> Option<&Allocation> {
        self.records.get(self.held.get(path)?)
    }

    /// Returns the record of the file with this identity or alias.
    pub fn named(&self, id: Id) -> Option<&Allocation> {
        self.records.get(self.named.get(&id)?)
    }

    /// Returns the files that need an identity but have none.
    pub fn without_identity(&self) -> Vec<&'d RepoPath> {
        let files = self.transaction.tracked();
        files.filter(|path| !self.held.contains_key(*path)).collect()
    }

    /// Returns whether an identity has never been used and has one of this repository's scopes.
    pub fn is_free(&self, id: Id) -> bool {
        let (own, legacy) = (self.registry.scope, &self.transaction.config.legacy_scopes);
        (id.scope() == own || legacy.contains(&id.scope())) && !self.taken.contains(&id)
    }

    /// Allocates a new identity for a file in the index.
    ///
    /// # Errors
    /// Returns an error if the counter is full.
    pub fn allocate(
        &mut self,
        path: &RepoPath,
        copied_from: Option<Id>,
    ) -> Result<Option<NewId>, PlanError> {
        let Some(Entry { blob, .. }) = self.transaction.entry(path) else { return Ok(None) };
        let new_id = self.assigner.give(&mut self.records, path, blob, copied_from)?;
        self.note(path, new_id);
        Ok(Some(new_id))
    }

    /// Returns the new identities whose counters were full.
    pub fn continued(&self) -> &Continued {
        &self.assigner.allocator.continued
    }

    /// Like [`Self::allocate`], but a file that is not in the index is an error.
    ///
    /// # Errors
    /// Returns an error with a finding if the counter is full.
    pub fn allocate_in_index(&mut self, path: &RepoPath) -> Result<NewId, OpsError> {
        let new = self.allocate(path, None).map_err(|PlanError::Capacity { counter, path }| {
            OpsError::CounterFull(self.transaction.full_counter(counter, &path).into())
        })?;
        new.ok_or_else(|| OpsError::NotInIndex(path.clone(), path.to_os_path().into_owned()))
    }

    /// Releases a reserved identity and returns the identity.
    ///
    /// # Errors
    /// Returns an error if the identity is not reserved, or if its first digits are ambiguous.
    pub fn release(&mut self, typed: &TypedId) -> Result<Id, SubjectError> {
        let reserved = self.registry.reserved_ids().map(|id| (id, ""));
        match typed.resolve(Purpose::Change, reserved)? {
            Some(id) if self.registry.release(id) => Ok(id),
            _ => Err(SubjectError::NotReserved(typed.to_string())),
        }
    }

    /// Assigns a free identity to a file. Its previous identity is superseded, or dropped if no
    /// commit has it. Returns the previous identity and its aliases.
    pub fn assign(&mut self, path: &RepoPath, id: Id) -> Vec<Id> {
        let Some(Entry { blob, .. }) = self.transaction.entry(path) else { return Vec::new() };
        let before = self.holder(path).cloned();
        self.registry.release(id);
        let new_id = self.assigner.give_this(&mut self.records, path, blob, id);
        self.note(path, new_id);
        let Some(before) = before else { return Vec::new() };
        let mut committed = self.transaction.committed().into_iter().flat_map(|r| &r.allocations);
        match committed.any(|record| record.origin == before.origin) {
            true => self.superseded.push((before.id, id)),
            false => drop(self.records.remove(&before.origin)),
        }
        ids(&before).collect()
    }

    fn note(&mut self, path: &RepoPath, NewId { id, origin }: NewId) {
        self.held.insert(path.clone(), origin);
        self.named.insert(id, origin);
        self.taken.insert(id);
    }

    /// Returns the changed registry.
    pub fn into_registry(self) -> Registry {
        let allocations = self.records.into_values().collect();
        let mut registry = Registry { allocations, ..self.registry };
        let has_file = |path: &RepoPath| self.transaction.has_file(path);
        for (old, new) in self.superseded {
            // Both records have the same path and the new one is active, so this cannot be refused.
            let _ = lifecycle::supersede(&mut registry, old, new, &has_file);
        }
        registry
    }

    /// Returns the changed registry. If a command moved a file away and a new file took its place,
    /// the new file's record notes which record it replaces.
    pub fn into_noted_registry(self) -> Registry {
        let transaction = self.transaction;
        let mut registry = self.into_registry();
        let has_file = |path: &RepoPath| transaction.has_file(path);
        let (committed, kept) = (transaction.committed(), &transaction.kept());
        Correction { committed, kept, has_file: &has_file }.note_predecessors(&mut registry);
        registry
    }
}

/// Returns a record's identity and aliases.
fn ids(record: &Allocation) -> impl Iterator<Item = Id> {
    record.aliases.iter().copied().chain([record.id])
}
