//! [`IdAssigner`]: allocates an identity for a single file.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::registry::{
    Allocation, BlobId, CounterKey, Id, Namespace, Origin, RepoPath, Scope, Timestamp, TypeCode,
    key,
};
use crate::rename::Blobs;

use super::{Allocator, ids_in_files::origin_blob, plan_input::PlanError};

/// Allocates identities for files that have none, one at a time.
pub struct IdAssigner<'a> {
    /// The rules.
    pub config: &'a Config,
    /// The repository's scope: six digits.
    pub scope: Scope,
    /// The date for new records.
    pub now: Timestamp,
    /// Chooses free identities.
    pub allocator: Allocator<'a>,
    /// The parts of the identity that the user specified.
    pub choice: Choice,
    /// The contents of the files.
    pub blobs: &'a dyn Blobs,
}

/// The parts of a new identity that the user specified; the rules determine the rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Choice {
    /// The TYPE.
    pub type_code: Option<TypeCode>,
    /// The namespace.
    pub namespace: Option<Namespace>,
}

/// The identity that a file has been given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewId {
    /// The file's identity.
    pub id: Id,
    /// The origin of the allocation.
    pub origin: Origin,
}

impl IdAssigner<'_> {
    /// Adds an identity for the file at `path` with `blob` to `records`: either a new one, or a
    /// deprecated record's identity if it is the same allocation.
    ///
    /// # Errors
    /// Returns an error if a counter is full.
    pub fn give(
        &mut self,
        records: &mut BTreeMap<Origin, Allocation>,
        path: &RepoPath,
        blob: BlobId,
        copied_from: Option<Id>,
    ) -> Result<NewId, PlanError> {
        let blob = origin_blob(self.config, self.blobs, path, blob);
        let mut generation = 0;
        let origin = loop {
            let origin = Origin::of_file(path, blob, generation);
            match records.get_mut(&origin) {
                None => break origin,
                // The same content at the same path is the same allocation.
                Some(record) if record.revives() => {
                    record.activate(path.clone());
                    return Ok(NewId { id: record.id, origin });
                }
                // That allocation is in use or has ended for good, so this file needs an allocation
                // of its own.
                Some(_) => generation += 1,
            }
        };
        let (id, at) = self.choose(path, origin)?;
        let mut record = Allocation::new(id, path.clone(), at, origin);
        if let Some(source) = copied_from {
            record.set_text(key::COPIED_FROM, source.to_string());
        }
        records.insert(origin, record);
        Ok(NewId { id, origin })
    }

    /// Gives exactly this identity, which must be free, to the file at `path` with `blob`.
    pub fn give_this(
        &mut self,
        records: &mut BTreeMap<Origin, Allocation>,
        path: &RepoPath,
        blob: BlobId,
        id: Id,
    ) -> NewId {
        let blob = origin_blob(self.config, self.blobs, path, blob);
        let mut origins = (0..).map(|generation| Origin::of_file(path, blob, generation));
        let origin = origins.find(|origin| !records.contains_key(origin));
        let origin = origin.unwrap_or_else(|| Origin::of_file(path, blob, 0));
        self.allocator.mark_taken(id);
        records.insert(origin, Allocation::new(id, path.clone(), self.now, origin));
        NewId { id, origin }
    }

    /// Chooses an identity and date for a new allocation.
    ///
    /// # Errors
    /// Returns an error if a counter is full.
    pub fn choose(
        &mut self,
        path: &RepoPath,
        origin: Origin,
    ) -> Result<(Id, Timestamp), PlanError> {
        let counter = CounterKey {
            namespace: self.choice.namespace.unwrap_or_else(|| self.config.namespace_of(path)),
            type_code: self.choice.type_code.unwrap_or_else(|| self.config.type_of(path)),
            scope: self.scope,
        };
        let chosen = self.allocator.choose(counter, origin, self.now);
        chosen.ok_or_else(|| PlanError::Capacity { counter, path: path.clone() })
    }
}
