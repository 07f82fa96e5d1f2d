//! Looks up many records at once, but only the records of existing files, and without their
//! history.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use idhooks_core::registry::{Allocation, Id, Registry, RepoPath};
use idhooks_repo::git::Repo;
use idhooks_repo::state::look_up;

use crate::{HERE, OpsError, Purpose, Revision, TypedId, by_doc_id, by_id, repo_path};

/// What to look up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// Paths of files, as typed in the current directory.
    Path,
    /// Identities, their first digits, or second identities.
    Id,
}

/// Why an argument does not name a record that has a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoHolder {
    /// No file at the path has an identity.
    #[error("no file with an identity at '{path}' in {revision}")]
    AtPath {
        /// The path.
        path: RepoPath,
        /// The path as typed.
        typed: OsString,
        /// Where the path was looked up.
        revision: Revision,
    },
    /// No record has the identity.
    #[error("cannot find an identity '{}' in {revision}", .typed.to_string_lossy())]
    Unknown {
        /// The identity as typed.
        typed: OsString,
        /// Where the identity was looked up.
        revision: Revision,
    },
    /// The record with this identity has no file.
    #[error("{id} has no file in {revision}")]
    WithoutFile {
        /// The identity.
        id: Id,
        /// Where the identity was looked up.
        revision: Revision,
    },
}

/// Looks up records that have a file in the index or a commit. Calls `answer` for each subject in
/// order, with the record or the reason that there is none. If possible, looks up a single record
/// in the index without reading the whole registry.
///
/// # Errors
/// Returns an error if the registry cannot be read.
pub fn find_held(
    repo: &Repo,
    revision: &Revision,
    kind: SubjectKind,
    subjects: &[OsString],
    mut answer: impl FnMut(Result<&Allocation, OpsError>),
) -> Result<(), OpsError> {
    if let ([subject], true) = (subjects, revision.is_index())
        && let Some(record) = find_quickly(repo, kind, subject)
    {
        answer(Ok(&record));
        return Ok(());
    }
    let view = revision.view(repo)?;
    let registry = &revision.registry(repo, &view)?.registry;
    let mut holders = registry.holders(|path| view.has_file(path));
    // A record may hold its path even if the file is missing.
    holders.retain(|path, _| view.has_file(path));
    let current = registry.allocations.iter().map(|record| (record.id, record)).collect();
    let records = HeldRecords { repo, revision, registry, holders, current };
    for subject in subjects {
        answer(match kind {
            SubjectKind::Path => records.at_path(subject),
            SubjectKind::Id => records.with_id(subject),
        });
    }
    Ok(())
}

/// Looks up a record in the index without reading the whole registry.
fn find_quickly(repo: &Repo, kind: SubjectKind, typed: &OsStr) -> Option<Allocation> {
    match kind {
        SubjectKind::Path => {
            let path = repo_path(repo, HERE.as_ref(), Path::new(typed)).ok()?;
            // If this fails, the full read that follows reports the error.
            look_up(repo, Some(&path), None).ok()?
        }
        SubjectKind::Id => {
            let id = TypedId::of(typed)?.full()?;
            let record = look_up(repo, None, Some(id)).ok()??;
            // The record may be shadowed by another one that holds its path.
            look_up(repo, Some(&record.path), None).ok()?.filter(|holder| holder.id == id)
        }
    }
}

/// The records that subjects are looked up in.
struct HeldRecords<'a> {
    repo: &'a Repo,
    revision: &'a Revision,
    registry: &'a Registry,
    /// The records that hold a file's path, keyed by path.
    holders: BTreeMap<&'a RepoPath, &'a Allocation>,
    /// The records, keyed by their current identities.
    current: BTreeMap<Id, &'a Allocation>,
}

impl<'a> HeldRecords<'a> {
    fn at_path(&self, typed: &OsStr) -> Result<&'a Allocation, OpsError> {
        let path = repo_path(self.repo, HERE.as_ref(), Path::new(typed))?;
        let holder = self.holders.get(&path).copied();
        Ok(holder.ok_or_else(|| {
            let (typed, revision) = (typed.to_owned(), self.revision.clone());
            NoHolder::AtPath { path, typed, revision }
        })?)
    }

    fn with_id(&self, typed: &OsStr) -> Result<&'a Allocation, OpsError> {
        let find = |id: Id| match self.current.get(&id) {
            Some(record) => Some(*record),
            None => by_id(self.registry, id)?.current(),
        };
        let id = TypedId::of(typed);
        let named = match (id.as_ref().and_then(TypedId::full), &id) {
            (Some(id), _) => find(id),
            // A second identity may consist of digits. Unlike an identity's first digits, it is
            // always complete.
            (None, id) => match (by_doc_id(self.registry, typed), id) {
                (Some(found), _) => found.current(),
                (None, Some(id)) => id.resolve_in(Purpose::Read, &[self.registry])?.and_then(find),
                (None, None) => None,
            },
        };
        let revision = || self.revision.clone();
        let record = named.ok_or_else(|| {
            let (typed, revision) = (typed.to_owned(), revision());
            NoHolder::Unknown { typed, revision }
        })?;
        match self.holders.get(&record.path) {
            Some(holder) if holder.origin == record.origin => Ok(record),
            _ => Err(NoHolder::WithoutFile { id: record.id, revision: revision() }.into()),
        }
    }
}
