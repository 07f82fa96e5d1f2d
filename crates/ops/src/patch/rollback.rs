//! Undoes one applied patch.

use idhooks_core::registry::{Id, Registry, RepoPath};
use idhooks_repo::events::{Edit, EventKind};
use idhooks_repo::git::Repo;
use idhooks_repo::store::WriteCounter;
use idhooks_repo::transaction::count;

use super::applied_patch::{AppliedPatch, UndoContext};
use super::{PatchLog, PatchName, PatchOutcome, PatchReport};
use crate::working_registry::working_registry;
use crate::{Observer, OpsError, Reach, RegistryTransaction, Writer, note_event};

/// The minimum number of digits in an id.
const LEAST: usize = 4;

/// Why a patch cannot be undone.
#[derive(Debug, thiserror::Error)]
pub enum PatchRefusal {
    /// The argument is not a patch id.
    #[error("'{0}' is not the id of a patch, nor its first {LEAST} digits or more")]
    NoId(String),
    /// This clone has not applied a patch with this id, or no longer keeps its changes.
    #[error("this clone has no patch '{0}' that could be undone")]
    Unknown(String),
    /// Several ids begin with these digits.
    #[error("several ids of patches begin with '{0}'")]
    Ambiguous(String),
    /// The patch with this id was applied, but its changes cannot be read.
    #[error("what the patch {0} changed cannot be read")]
    Unreadable(String),
    /// Later changes depend on the patch with this id; also holds descriptions of them.
    #[error("cannot undo the patch {0}: later changes depend on it")]
    Depended(String, Vec<String>),
}

/// Undoes the patch with this id, or the one whose id begins with these digits, unless this is a
/// dry run.
///
/// # Errors
/// Returns an error if there is no such patch, if later changes depend on it, or if the registry cannot be
/// read or written.
pub fn roll_back_patch(
    observer: &mut dyn Observer,
    repo: &Repo,
    id: &str,
    is_dry_run: bool,
) -> Result<PatchReport, OpsError> {
    let log = PatchLog::in_dir(&repo.state_dir());
    let name = find(&log, id)?;
    let patch = log.read(&name)?;
    let patch = patch.ok_or_else(|| PatchRefusal::Unreadable(name.id().to_owned()))?;
    // Commands that work on other records need not wait.
    let ids: Vec<Id> = patch.after.iter().map(|record| record.id).collect();
    let writer = Writer::open_for(repo, "patch", Reach::Ids(&ids))?;
    writer.run(observer, |observer, transaction| {
        let (before, after) = (transaction.registry(), undo(transaction, &name, &patch)?);
        if !is_dry_run {
            let old_hash = working_registry(repo)?.hash();
            transaction.write(observer, &after)?;
            // A patch must not be undone twice.
            log.forget(&name)?;
            let (undone, hash) = (format!("patch {}", name.id()), working_registry(repo)?.hash());
            let facts = [
                ("undone", Some(&*undone)),
                ("old_registry_hash", Some(&*old_hash)),
                ("registry_hash", Some(&*hash)),
            ];
            note_event(observer, repo, EventKind::RolledBack, &facts);
            count(repo, &[WriteCounter::Rollbacks]);
        }
        let outcome = if is_dry_run { PatchOutcome::Preview } else { PatchOutcome::Undone };
        let hash = working_registry(repo)?.hash();
        Ok(PatchReport {
            patch_id: Some(name.id().to_owned()),
            edits: Edit::all_between(before, &after),
            restored: patch.after.len(),
            ..PatchReport::new(outcome, Some(hash))
        })
    })
}

/// Returns the registry without the patch's changes.
fn undo(
    transaction: &RegistryTransaction<'_>,
    name: &PatchName,
    patch: &AppliedPatch,
) -> Result<Registry, PatchRefusal> {
    let context = UndoContext {
        has_file: &|path: &RepoPath| transaction.tracks(path),
        committed: transaction.committed(),
    };
    let undone = patch.undo(transaction.registry(), &context);
    undone.map_err(|conflicts| PatchRefusal::Depended(name.id().to_owned(), conflicts))
}

/// Finds a patch by its id or the first digits of its id.
fn find(log: &PatchLog, id: &str) -> Result<PatchName, PatchRefusal> {
    if id.len() < LEAST || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(PatchRefusal::NoId(id.to_owned()));
    }
    let typed = id.to_ascii_lowercase();
    let mut named = log.names().into_iter().filter(|name| name.id().starts_with(&typed));
    match (named.next(), named.next()) {
        (Some(name), None) => Ok(name),
        (Some(_), Some(_)) => Err(PatchRefusal::Ambiguous(typed)),
        (None, _) => Err(PatchRefusal::Unknown(typed)),
    }
}
