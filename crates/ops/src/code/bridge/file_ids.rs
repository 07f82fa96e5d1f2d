//! Recognizes files' identities as identifiers: 16-digit identities, former identities, and second
//! identities.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use idhooks_core::registry::{Allocation, Id, Origin, Registry, key};
use idhooks_repo::git::Repo;
use idhooks_repo::state::{CommitState, StateError};

use crate::{by_doc_id, by_id};

idhooks_core::words! {
    /// The kind of a file's identifier, shown in place of a format's name.
    pub enum FileIdKind {
        /// A record's current identity.
        Current = "file_id",
        /// A former identity, or one that now belongs to a different record.
        Former = "former_file_id",
        /// A second identity.
        Second = "doc_id",
    }
}

/// An identifier that stands for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileId {
    pub(super) kind: FileIdKind,
    /// The file's current identity.
    pub(super) current: Id,
    /// The file's second identity.
    pub(super) doc_id: Option<String>,
}

/// The identities in a registry.
pub(super) struct FileIds {
    registry: Registry,
    holders: BTreeMap<Origin, Id>,
}

impl FileIds {
    /// Reads the registry in the index; returns `None` outside an adopted repository.
    ///
    /// # Errors
    /// Returns an error if the registry cannot be read.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>, StateError> {
        // Formats and maps can also be used outside a repository.
        let Ok(repo) = Repo::open(dir) else { return Ok(None) };
        let state = CommitState::of_index(&repo)?;
        if !state.is_adopted() {
            return Ok(None);
        }
        let registry = state.readable()?.registry().cloned();
        Ok(registry.map(|registry| FileIds { holders: registry.shadowing(), registry }))
    }

    /// Finds an identifier.
    pub(super) fn find(&self, text: &str) -> Option<FileId> {
        let (kind, record) = match text.parse::<Id>() {
            Ok(id) => {
                let record = by_id(&self.registry, id)?.current()?;
                let is_current = record.id == id && !self.holders.contains_key(&record.origin);
                (if is_current { FileIdKind::Current } else { FileIdKind::Former }, record)
            }
            Err(_) => {
                let found = by_doc_id(&self.registry, OsStr::new(text))?;
                (FileIdKind::Second, found.current()?)
            }
        };
        let doc_id = |record: &Allocation| record.text(key::DOC_ID).map(str::to_owned);
        // A shadowed record has no file of its own: the record that holds its path identifies the
        // file.
        let current = self.holders.get(&record.origin).copied().unwrap_or(record.id);
        Some(FileId { kind, current, doc_id: doc_id(record) })
    }
}
