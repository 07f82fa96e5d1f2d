//! Backing up the current registry, and checking the backups.

use std::path::{Path, PathBuf};

use idhooks_core::registry::{BlobId, RepoPath};
use idhooks_repo::events::EventKind;
use idhooks_repo::git::{Backup, Repo};
use idhooks_repo::{store::replace_file, transaction::backup::keep};

use super::chosen::ChosenBackup;
use super::refusal::{BackupRefusal, UnusableBackup};
use crate::{HERE, Notice, Observer, OpsError, Writer, not_adopted, note_event};

/// The name of the run in locks and in the audit log.
const NAME: &str = "backup";
/// The ending of a file with all backups.
const BUNDLE: &str = "bundle";

/// The registry of the index, which has a backup now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRegistry {
    /// The registry.
    pub blob: BlobId,
    /// The new backups; none if the newest backups have it already.
    pub new: Vec<Backup>,
}

/// The backups of a clone, after each was read.
#[derive(Debug)]
pub struct VerifiedBackups {
    /// The number of all.
    pub count: usize,
    /// Those that cannot be used, oldest first.
    pub unusable: Vec<UnusableBackup>,
}

/// Returns the backups, oldest first.
///
/// # Errors
/// Returns an error if git cannot be run.
pub fn list_backups(repo: &Repo) -> Result<Vec<Backup>, OpsError> {
    Ok(repo.backups()?)
}

/// Backs up the registry of the index and reports it, unless the newest backups already have it.
/// Then copies it to `to`, if given, as typed in the current directory: to this directory, or all
/// backups to a bundle, if it ends so.
///
/// # Errors
/// Returns an error if the index has no registry, or if something cannot be written. If only the copy
/// cannot be written, the backup was made.
pub fn create_backup(
    observer: &mut dyn Observer,
    repo: &Repo,
    to: Option<&Path>,
) -> Result<(), OpsError> {
    // Held to the end: no command may replace the registry between reading and keeping it.
    let _writer = Writer::open(repo, NAME)?;
    let kept = keep_registry(observer, repo)?;
    let blob = kept.blob;
    observer.notice(Notice::BackedUp(kept));
    let Some(to) = to else { return Ok(()) };
    let file = Path::new(HERE).join(to);
    if to.extension().is_some_and(|extension| extension == BUNDLE) {
        // git runs at the top of the repository, where a relative path would name another file.
        repo.bundle_backups(&std::path::absolute(&file).unwrap_or(file))?;
        return Ok(());
    }
    if !file.is_dir() {
        return Err(BackupRefusal::NotADirectory(PathBuf::from(to)).into());
    }
    let name = format!("registry-{blob}.json");
    Ok(replace_file(&repo.link_guard(), &file.join(name), &repo.blob(blob)?)?)
}

/// Backs up the registry of the index, unless the newest backups have it.
///
/// # Errors
/// Returns an error if the index has no registry, or if it cannot be backed up.
pub(super) fn keep_current(observer: &mut dyn Observer, repo: &Repo) -> Result<(), OpsError> {
    let _writer = Writer::open(repo, NAME)?;
    keep_registry(observer, repo).map(drop)
}

/// Backs it up while holding the writer lock.
fn keep_registry(observer: &mut dyn Observer, repo: &Repo) -> Result<KeptRegistry, OpsError> {
    let index = repo.index(&repo.index_file())?;
    // The index has the registry that commands change; that in HEAD is safe already.
    let Some(entry) = index.tree.get(&RepoPath::registry()) else {
        return Err(not_adopted(repo));
    };
    let new = keep(repo, entry.blob, &repo.blob(entry.blob)?)?;
    for backup in &new {
        note_backup(observer, repo, EventKind::BackedUp, backup);
    }
    Ok(KeptRegistry { blob: entry.blob, new })
}

/// Records an action on a backup in the audit log.
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
