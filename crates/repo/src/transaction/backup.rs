//! Backs up the registry before a command replaces it.

use idhooks_core::registry::{BlobId, REGISTRY_PATH, Timestamp};

use crate::git::{Backup, Repo};
use crate::state::StateError;
use crate::store::{VersionedFile, clock::since_epoch};
use crate::transaction::backup_retention::expired;

/// Backs up a registry with these bytes, and the working tree's registry if it differs, unless they
/// are already the newest backups. Removes outdated backups, and returns the new backups.
///
/// # Errors
/// Returns an error if the working file cannot be read, or if objects or refs cannot be written.
pub fn keep(repo: &Repo, blob: BlobId, bytes: &[u8]) -> Result<Vec<Backup>, StateError> {
    let mut kept = repo.backups()?;
    let working = repo.read_working(REGISTRY_PATH)?;
    let working = working.filter(|working| working != bytes);
    let write = |working: Vec<u8>| repo.write_version(VersionedFile::Registry, &working);
    let working = working.map(write).transpose()?;
    let mut now = millis();
    let mut new = Vec::new();
    // The index's registry comes last, so it becomes the newest backup.
    for blob in working.into_iter().chain([blob]) {
        // The last two backups are compared, because each run may back up two registries.
        if kept.iter().rev().take(2).any(|last| last.blob == blob) {
            continue;
        }
        if let Some(backup) = Backup::new(blob, now) {
            // Backup names are sorted by time, so the second backup needs a later time.
            now += 1;
            kept.push(backup.clone());
            new.push(backup);
        }
    }
    if new.is_empty() {
        return Ok(new);
    }
    // The clock may have been set back since earlier backups were made.
    kept.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    let times: Vec<Timestamp> = kept.iter().map(|backup| backup.at).collect();
    let today = Timestamp::from_unix(i64::try_from(now / 1000).unwrap_or_default());
    let gone = today.map(|today| expired(&times, today)).unwrap_or_default();
    let gone: Vec<Backup> = gone.into_iter().map(|n| kept[n].clone()).collect();
    let new_left: Vec<Backup> = new.iter().filter(|b| !gone.contains(b)).cloned().collect();
    let gone: Vec<Backup> = gone.into_iter().filter(|b| !new.contains(b)).collect();
    repo.keep_backups(&new_left, &gone)?;
    Ok(new_left)
}

/// Returns the current time in milliseconds since the Unix epoch.
pub fn millis() -> u64 {
    u64::try_from(since_epoch().as_millis()).unwrap_or_default()
}
