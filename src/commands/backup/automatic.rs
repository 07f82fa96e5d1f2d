//! Keeping the registry that a command is about to replace.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::git::{Backup, Repo};
use crate::plan::outlived;
use crate::registry::{BlobId, REGISTRY_PATH, Timestamp};
use crate::state::StateError;

/// Keeps a registry, which has these bytes, and what the working tree has in its place where that is another, unless
/// they are what was kept last; lets go of what is no longer worth it. Returns what is new.
///
/// # Errors
/// A working file that cannot be read, objects and refs that cannot be written.
pub(in crate::commands) fn keep(
    repo: &Repo,
    blob: BlobId,
    bytes: &[u8],
) -> Result<Vec<Backup>, StateError> {
    let mut kept = repo.backups()?;
    let working = repo.read_working(REGISTRY_PATH)?;
    let working = working.filter(|working| working != bytes);
    let working = working.map(|working| repo.write_blob(&working)).transpose()?;
    let mut now = millis();
    let mut new = Vec::new();
    // The index comes last: it is what is taken back first.
    for blob in working.into_iter().chain([blob]) {
        if kept.iter().rev().take(2).any(|last| last.blob == blob) {
            continue;
        }
        if let Some(backup) = Backup::new(blob, now) {
            now += 1;
            kept.push(backup.clone());
            new.push(backup);
        }
    }
    if new.is_empty() {
        return Ok(new);
    }
    // The clock may have been put back.
    kept.sort_unstable();
    let times: Vec<Timestamp> = kept.iter().map(|backup| backup.at).collect();
    let today = Timestamp::from_unix(i64::try_from(now / 1000).unwrap_or_default());
    let gone = today.map(|today| outlived(&times, today)).unwrap_or_default();
    let gone: Vec<Backup> = gone.into_iter().map(|n| kept[n].clone()).collect();
    let new_left: Vec<Backup> = new.iter().filter(|b| !gone.contains(b)).cloned().collect();
    let gone: Vec<Backup> = gone.into_iter().filter(|b| !new.contains(b)).collect();
    repo.keep_backups(&new_left, &gone)?;
    Ok(new_left)
}

/// Returns the milliseconds since 1970-01-01T00:00:00Z.
pub(in crate::commands) fn millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or_default()
}
