//! Giving one file its identity.

use std::collections::BTreeMap;

use crate::policy::Policy;
use crate::registry::{
    Allocation, BlobId, CounterKey, Id, Json, Origin, RepoPath, Scope, Timestamp, key,
};

use super::{Allocator, PlanError};

/// Gives identities to files that have none, record by record.
#[derive(Debug)]
pub struct Giver<'a> {
    /// The rules.
    pub policy: &'a Policy,
    /// The repository's six digits.
    pub scope: Scope,
    /// The date of new records.
    pub now: Timestamp,
    /// What is free.
    pub allocator: Allocator<'a>,
}

/// What a file got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gift {
    /// Its identity.
    pub id: Id,
    /// The allocation.
    pub origin: Origin,
}

impl Giver<'_> {
    /// Gives the file at `path` with `blob` an identity among `records`: a new one, or the one
    /// of a retired record that is the same allocation.
    ///
    /// # Errors
    /// A counter that is full.
    pub fn give(
        &mut self,
        records: &mut BTreeMap<Origin, Allocation>,
        path: &RepoPath,
        blob: BlobId,
        copied_from: Option<Id>,
    ) -> Result<Gift, PlanError> {
        let mut generation = 0;
        let origin = loop {
            let origin = Origin::of_file(path, blob, generation);
            match records.get_mut(&origin) {
                None => break origin,
                Some(record) if record.revives() => {
                    record.activate(path.clone());
                    return Ok(Gift { id: record.id, origin });
                }
                Some(_) => generation += 1,
            }
        };
        let record = self.make(path, origin, copied_from)?;
        let id = record.id;
        records.insert(origin, record);
        Ok(Gift { id, origin })
    }

    /// Makes the record of a new allocation.
    ///
    /// # Errors
    /// A counter that is full.
    pub(super) fn make(
        &mut self,
        path: &RepoPath,
        origin: Origin,
        copied_from: Option<Id>,
    ) -> Result<Allocation, PlanError> {
        let (id, at) = self.choose(path, origin)?;
        let mut record = Allocation::new(id, path.clone(), at, origin);
        if let Some(source) = copied_from {
            let text = Json::string(source.to_string());
            record.metadata.insert(key::COPIED_FROM.to_owned(), text);
        }
        Ok(record)
    }

    /// Chooses the identity of a new allocation, and its date.
    ///
    /// # Errors
    /// A counter that is full.
    pub(super) fn choose(
        &mut self,
        path: &RepoPath,
        origin: Origin,
    ) -> Result<(Id, Timestamp), PlanError> {
        let counter = CounterKey {
            namespace: self.policy.namespace_of(path),
            type_code: self.policy.type_of(path),
            scope: self.scope,
        };
        let chosen = self.allocator.choose(counter, origin, self.now);
        chosen.ok_or_else(|| PlanError::Capacity { counter, path: path.clone() })
    }
}
