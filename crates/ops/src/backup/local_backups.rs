//! Backing up the current registry, and checking the backups.

use std::path::Path;

use idhooks_core::registry::{BlobId, RepoPath};
use idhooks_repo::events::EventKind;
use idhooks_repo::git::{Backup, Repo};
use idhooks_repo::{store::replace_file, transaction::backup::keep};

use super::chosen_backup::ChosenBackup;
use super::refusal::{BackupRefusal, UnusableBackup};
use crate::{HERE, Notice, Observer, OpsError, Writer, not_adopted, note_event};

/// The name under which this run appears in locks and in the audit log.
const NAME: &str = "backup";
/// The file extension of a bundle, which holds all backups.
const BUNDLE: &str = "bundle";

/// The registry in the index, which is now backed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRegistry {
    /// The registry.
    pub blob: BlobId,
    /// The new backups; empty if the newest backups already contain the registry.
    pub new: Vec<Backup>,
}

/// The result of reading every backup in a clone.
#[derive(Debug)]
pub struct VerifiedBackups {
    /// The total number of backups.
    pub count: usize,
    /// The backups that cannot be used, oldest first.
    pub unusable: Vec<UnusableBackup>,
}

/// Returns the backups, oldest first.
///
/// # Errors
/// Returns an error if git cannot be run.
pub fn list_backups(repo: &Repo) -> Result<Vec<Backup>, OpsError> {
    Ok(repo.backups()?)
}

/// Backs up the registry in the index and reports it, unless the newest backups already contain it.
/// Then, if `to` is given (a path as typed in the current directory), writes all backups to it as a
/// bundle if it ends in `.bundle`, or copies the registry into that directory otherwise.
///
/// # Errors
/// Returns an error if the index has no registry, or if something cannot be written. If only the
/// copy cannot be written, the backup has still been made.
pub fn create_backup(
    observer: &mut dyn Observer,
    repo: &Repo,
    to: Option<&Path>,
) -> Result<(), OpsError> {
    // The lock is held to the end, so that no command can replace the registry between reading it
    // and backing it up.
    let _writer = Writer::open(repo, NAME)?;
    let kept = keep_registry(observer, repo)?;
    let blob = kept.blob;
    observer.notice(Notice::BackedUp(kept));
    let Some(to) = to else { return Ok(()) };
    let is_bundle = to.extension().is_some_and(|extension| extension == BUNDLE);
    let file = Path::new(HERE).join(to);
    let dir = if is_bundle { to.parent().unwrap_or(to) } else { to };
    if !Path::new(HERE).join(dir).is_dir() {
        return Err(BackupRefusal::NotADirectory(dir.to_owned()).into());
    }
    if is_bundle {
        // git runs at the root of the working tree, where a relative path would name a different
        // file.
        repo.bundle_backups(&std::path::absolute(&file).unwrap_or(file))?;
        return Ok(());
    }
    let name = format!("registry-{blob}.json");
    Ok(replace_file(&repo.link_guard(), &file.join(name), &repo.blob(blob)?)?)
}

/// Backs up the registry in the index, unless the newest backups already contain it.
///
/// # Errors
/// Returns an error if the index has no registry, or if it cannot be backed up.
pub(super) fn keep_current(observer: &mut dyn Observer, repo: &Repo) -> Result<(), OpsError> {
    let _writer = Writer::open(repo, NAME)?;
    keep_registry(observer, repo).map(drop)
}

/// Backs up the registry while holding the writer lock.
fn keep_registry(observer: &mut dyn Observer, repo: &Repo) -> Result<KeptRegistry, OpsError> {
    let index = repo.index(&repo.index_file())?;
    // Commands change the registry in the index, whereas the one in HEAD is already safe.
    let Some(entry) = index.tree.get(&RepoPath::registry()) else {
        return Err(not_adopted(repo));
    };
    let new = keep(repo, entry.blob, &repo.blob(entry.blob)?)?;
    for backup in &new {
        note_backup(observer, repo, EventKind::BackedUp, backup);
    }
    Ok(KeptRegistry { blob: entry.blob, new })
}

/// Records in the audit log what was done with a backup.
pub(super) fn note_backup(
    observer: &mut dyn Observer,
    repo: &Repo,
    kind: EventKind,
    backup: &Backup,
) {
    let (at, blob) = (backup.at.to_string(), backup.blob.to_string());
    note_event(observer, repo, kind, &[("at", Some(&at)), ("blob", Some(&blob))]);
}

/// Reads every backup.
///
/// # Errors
/// Returns an error if git cannot be run.
pub fn verify_backups(repo: &Repo) -> Result<VerifiedBackups, OpsError> {
    let kept = repo.backups()?;
    let unusable = kept.iter().filter_map(|backup| ChosenBackup::read(repo, backup).err());
    Ok(VerifiedBackups { count: kept.len(), unusable: unusable.collect() })
}
