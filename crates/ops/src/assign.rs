//! Corrects which file an identity or second identity belongs to.

use std::ffi::OsString;
use std::path::PathBuf;

use idhooks_core::plan::second_id::{self, SecondIdRefusal};
use idhooks_core::registry::{Id, Registry, RepoPath};
use idhooks_repo::events::Edit;
use idhooks_repo::git::{GrepMatch, Repo};

use crate::id_correction::Correction;
use crate::mentions::mentions_of_id;
use crate::{
    Notice, Observer, OpsError, Reach, RegistryDraft, RegistryTransaction, SubjectError, Writer,
};

/// The name of this operation in locks and in the audit log.
const NAME: &str = "assign";

/// The identity to reassign, and the file that gets it.
#[derive(Debug, Clone)]
pub struct AssignOptions {
    /// The identity, or the path of the file that has it now, as typed in the current directory.
    pub identity: OsString,
    /// The file in the index that gets the identity, as typed in the current directory.
    pub file: PathBuf,
    /// Whether to write nothing.
    pub is_dry_run: bool,
}

/// The result of [`assign`].
#[derive(Debug)]
pub struct Assigned {
    /// The identity.
    pub id: Id,
    /// The file that now has the identity.
    pub path: RepoPath,
    /// Whether the file already had the identity, in which case nothing was changed.
    pub was_held: bool,
    /// The changes to the registry.
    pub edits: Vec<Edit>,
    /// The identities that no longer have a file.
    pub displaced: Vec<DisplacedId>,
}

/// An identity that no longer has a file.
#[derive(Debug)]
pub enum DisplacedId {
    /// The identity was never committed, and the registry no longer contains it.
    Discarded(Id),
    /// The identity's record is no longer active.
    Inactive {
        /// The identity.
        id: Id,
        /// The lines that still mention the identity.
        mentions: Vec<GrepMatch>,
    },
}

/// The second identity to give away, and the file that gets it.
#[derive(Debug, Clone)]
pub struct AssignSecondOptions {
    /// The second identity.
    pub doc_id: String,
    /// The file in the index that gets the second identity, as typed in the current directory.
    pub file: PathBuf,
    /// Whether to replace the file's own second identity, and to take this one even from a
    /// deprecated record.
    pub is_forced: bool,
    /// Whether to write nothing.
    pub is_dry_run: bool,
}

/// The result of [`assign_second`].
#[derive(Debug)]
pub struct AssignedSecond {
    /// The file that now has the second identity.
    pub path: RepoPath,
    /// Whether the file already had the second identity, in which case nothing was changed.
    pub was_held: bool,
    /// The changes to the registry.
    pub edits: Vec<Edit>,
}

/// The reason an identity cannot be given to a file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssignRefusal {
    /// A merge is in progress.
    #[error("a merge is in progress")]
    Merging,
    /// The file that should get a second identity has no identity.
    #[error("'{0}' has no identity")]
    NoIdentity(RepoPath),
    /// The second identity cannot be given.
    #[error(transparent)]
    SecondId(#[from] SecondIdRefusal),
}

/// Gives an identity to another file. The file that loses it gets a new identity.
///
/// # Errors
/// Returns an error if the identity or the file cannot be found, if a merge is in progress, if a
/// counter is full, or if the registry cannot be read or written. In that case, nothing is changed.
pub fn assign(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &AssignOptions,
) -> Result<Assigned, OpsError> {
    let named = [options.identity.clone(), options.file.clone().into_os_string()];
    let writer = Writer::open_for(repo, NAME, Reach::Subjects(&named))?;
    writer.run(observer, |observer, transaction| {
        let path = transaction.file(&options.file)?;
        let taker = transaction.record(observer, &options.identity);
        if transaction.is_merging() {
            return Err(AssignRefusal::Merging.into());
        }
        let taker = match taker {
            Err(OpsError::Subject(SubjectError::UnknownId(id))) => {
                let after = with_free(transaction, id, &path)?;
                let edits = transaction.finish(observer, &after, options.is_dry_run)?;
                let displaced = displaced_by(observer, transaction, &after);
                return Ok(Assigned { id, path, was_held: false, edits, displaced });
            }
            taker => taker?,
        };
        let (id, edits, displaced) = (taker.id, Vec::new(), Vec::new());
        if taker.is_active() && taker.path == path && transaction.holds(&taker) {
            return Ok(Assigned { id, path, was_held: true, edits, displaced });
        }
        let after = corrected(transaction, id, &path)?;
        let edits = transaction.finish(observer, &after, options.is_dry_run)?;
        let displaced = displaced_by(observer, transaction, &after);
        Ok(Assigned { id, path, was_held: false, edits, displaced })
    })
}

/// Gives a file a second identity, without changing anything else.
///
/// # Errors
/// Returns an error if the file has no identity, if the second identity cannot be given, or if the
/// registry cannot be read or written. In that case, nothing is changed.
pub fn assign_second(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &AssignSecondOptions,
) -> Result<AssignedSecond, OpsError> {
    let AssignSecondOptions { doc_id, file, is_forced, is_dry_run } = options;
    // Only the whole registry shows whether another record has the second identity.
    let writer = Writer::open_for(repo, NAME, Reach::Everything)?;
    writer.run(observer, |observer, transaction| {
        let path = transaction.file(file)?;
        let registry = transaction.registry();
        let holder = transaction.holders().get(&path).map(|record| record.origin);
        let holder = holder.ok_or_else(|| AssignRefusal::NoIdentity(path.clone()))?;
        let mut after = registry.clone();
        let before = second_id::give(&mut after, doc_id, holder, *is_forced)
            .map_err(AssignRefusal::SecondId)?;
        if before.is_empty() && after == *registry {
            return Ok(AssignedSecond { path, was_held: true, edits: Vec::new() });
        }
        for record in before {
            let (doc_id, path) = (doc_id.clone(), record.path);
            observer.notice(Notice::SecondIdTaken { doc_id, path });
        }
        let edits = transaction.finish(observer, &after, *is_dry_run)?;
        Ok(AssignedSecond { path, was_held: false, edits })
    })
}

/// Returns a registry in which the file has this identity, which no file ever had.
fn with_free(
    transaction: &RegistryTransaction<'_>,
    id: Id,
    path: &RepoPath,
) -> Result<Registry, OpsError> {
    let mut draft = RegistryDraft::new(transaction, transaction.registry().clone());
    // One of another scope belongs to another repository.
    if !draft.is_free(id) {
        return Err(SubjectError::UnknownId(id).into());
    }
    draft.assign(path, id);
    Ok(draft.into_registry())
}

/// Returns a registry in which the file has this identity.
fn corrected(
    transaction: &RegistryTransaction<'_>,
    id: Id,
    path: &RepoPath,
) -> Result<Registry, OpsError> {
    let has_file = |path: &RepoPath| transaction.has_file(path);
    let kept = transaction.kept();
    let committed = transaction.committed();
    let correction = Correction { committed, kept: &kept, has_file: &has_file };
    let mut after = transaction.registry().clone();
    let left = correction.assign(&mut after, id, path)?;
    // An untracked file needs no identity.
    let left = left.filter(|left| transaction.config.tracks(left));
    // The file that used to have the identity gets a new one.
    if let Some(left) = left.filter(|left| transaction.entry(left).is_some()) {
        let mut draft = RegistryDraft::new(transaction, after);
        let new = draft.allocate_in_index(&left)?;
        after = draft.into_registry();
        let mut records = after.allocations.iter_mut();
        if let Some(record) = records.find(|record| record.origin == new.origin) {
            correction.note_predecessor(record, id);
        }
    }
    Ok(after)
}

/// Returns the identities that no longer have a file, with the lines that still mention them.
fn displaced_by(
    observer: &mut dyn Observer,
    transaction: &RegistryTransaction<'_>,
    after: &Registry,
) -> Vec<DisplacedId> {
    let now = after.by_origin();
    let active = transaction.registry().allocations.iter().filter(|record| record.is_active());
    let displaced = active.filter_map(|before| match now.get(&before.origin) {
        None => Some(DisplacedId::Discarded(before.id)),
        Some(now) if !now.is_active() => {
            let mentions = mentions_of_id(observer, transaction.repo, now.id);
            Some(DisplacedId::Inactive { id: now.id, mentions })
        }
        Some(_) => None,
    });
    displaced.collect()
}

#[cfg(test)]
mod tests;
