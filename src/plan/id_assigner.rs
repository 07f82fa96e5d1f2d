//! Giving one file its identity.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::registry::{
    Allocation, BlobId, CounterKey, Id, Json, Namespace, Origin, RepoPath, Scope, Timestamp,
    TypeCode, key,
};

use crate::rename::Blobs;

use super::ids_in_files::bare;
use super::{Allocator, PlanError};

/// Gives identities to files that have none, record by record.
pub struct IdAssigner<'a> {
    /// The rules.
    pub config: &'a Config,
    /// The repository's six digits.
    pub scope: Scope,
    /// The date of new records.
    pub now: Timestamp,
    /// What is free.
    pub allocator: Allocator<'a>,
    /// What somebody chose instead of the rules.
    pub choice: Choice,
    /// The contents of the files.
    pub blobs: &'a dyn Blobs,
}

/// The parts of a new identity that somebody chose; the rules say the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Choice {
    /// The TYPE.
    pub type_code: Option<TypeCode>,
    /// The namespace.
    pub namespace: Option<Namespace>,
}

/// What a file got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewId {
    /// Its identity.
    pub id: Id,
    /// The allocation.
    pub origin: Origin,
}

impl IdAssigner<'_> {
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
    ) -> Result<NewId, PlanError> {
        let blob = self.bare(path, blob);
        let mut generation = 0;
        let origin = loop {
            let origin = Origin::of_file(path, blob, generation);
            match records.get_mut(&origin) {
                None => break origin,
                Some(record) if record.revives() => {
                    record.activate(path.clone());
                    return Ok(NewId { id: record.id, origin });
                }
                Some(_) => generation += 1,
            }
        };
        let record = self.make(path, origin, copied_from)?;
        let id = record.id;
        records.insert(origin, record);
        Ok(NewId { id, origin })
    }

    /// Gives the file at `path` with `blob` just this identity, which nobody else may have.
    pub fn give_this(
        &mut self,
        records: &mut BTreeMap<Origin, Allocation>,
        path: &RepoPath,
        blob: BlobId,
        id: Id,
    ) -> NewId {
        let blob = self.bare(path, blob);
        let mut origins = (0..).map(|generation| Origin::of_file(path, blob, generation));
        let origin = origins.find(|origin| !records.contains_key(origin));
        let origin = origin.unwrap_or_else(|| Origin::of_file(path, blob, 0));
        self.allocator.take(id);
        records.insert(origin, Allocation::new(id, path.clone(), self.now, origin));
        NewId { id, origin }
    }

    /// Returns the blob that the origin of a file is made from; see [`bare`].
    pub(super) fn bare(&self, path: &RepoPath, blob: BlobId) -> BlobId {
        bare(self.config, self.blobs, path, blob)
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
            namespace: self.choice.namespace.unwrap_or_else(|| self.config.namespace_of(path)),
            type_code: self.choice.type_code.unwrap_or_else(|| self.config.type_of(path)),
            scope: self.scope,
        };
        let chosen = self.allocator.choose(counter, origin, self.now);
        chosen.ok_or_else(|| PlanError::Capacity { counter, path: path.clone() })
    }
}
