//! Backups of registries that commands replaced, stored under refs of their own.
//!
//! Each backup is a blob: identical backups take no extra space, and git compresses and verifies
//! them. The ref is not a branch, so it is never fetched or pushed by accident.

use std::io;

use gix::refs::transaction::{PreviousValue, RefEdit};
use idhooks_core::registry::{BlobId, Timestamp};
use serde::Serialize;

use crate::store::is_disk_full;

use super::{GitError, Repo, object_ids::to_gix, remotes::FETCH};

/// The prefix of the backups' refs.
const PREFIX: &str = "refs/idhooks/backups/";

/// A backup of a registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// The time the backup was made.
    pub at: Timestamp,
    /// The registry.
    pub blob: BlobId,
    /// The last part of the backup's ref: the time in milliseconds, and the start of the blob ID.
    pub name: String,
}

impl Backup {
    /// Returns a backup of a registry made at this time, in milliseconds since the Unix epoch, or
    /// `None` if the year does not have four digits.
    pub fn new(blob: BlobId, millis: u64) -> Option<Self> {
        let (name, at) = stamp(blob, millis)?;
        Some(Backup { name, at, blob })
    }

    fn read(name: &str, blob: &str) -> Option<Self> {
        let [year, month, day] = [0..4, 4..6, 6..8].map(|digits| name.get(digits));
        let [hour, minute, second] = [9..11, 11..13, 13..15].map(|digits| name.get(digits));
        let (date, time) = ([year?, month?, day?].join("-"), [hour?, minute?, second?].join(":"));
        let at = format!("{date}T{time}Z");
        Some(Backup { name: name.to_owned(), at: at.parse().ok()?, blob: blob.parse().ok()? })
    }
}

/// Returns the last part of an object's ref, and the timestamp, for a time in milliseconds since
/// the Unix epoch. Returns `None` if the year does not have four digits.
pub(super) fn stamp(object: BlobId, millis: u64) -> Option<(String, Timestamp)> {
    let at = Timestamp::from_unix(i64::try_from(millis / 1000).ok()?).ok()?;
    // A ref name must not contain a colon. The names sort by time even without separators.
    let digits: String = at.as_str().chars().filter(char::is_ascii_alphanumeric).collect();
    // Two backups may be made in the same millisecond, so the blob ID is part of the name.
    let short = &object.to_string()[..8];
    let name = format!("{}{:03}Z-{short}", digits.strip_suffix('Z')?, millis % 1000);
    Some((name, at))
}

impl Repo {
    /// Returns the backups, oldest first. Other refs under the prefix are skipped.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn backups(&self) -> Result<Vec<Backup>, GitError> {
        // gix can do this without starting a process, but it cannot read a reftable.
        let read = (!self.has_foreign_refs()).then(|| self.backups_by_gix()).flatten();
        let mut backups = match read {
            Some(backups) => backups,
            None => self.backups_by_git()?,
        };
        backups.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(backups)
    }

    /// Returns the backups in no particular order, or `None` if a ref cannot be read.
    fn backups_by_gix(&self) -> Option<Vec<Backup>> {
        let refs = self.gix.references().ok()?;
        let mut backups = Vec::new();
        for reference in refs.prefixed(PREFIX).ok()? {
            let reference = reference.ok()?;
            let name = reference.name().as_bstr().strip_prefix(PREFIX.as_bytes());
            let name = name.and_then(|name| std::str::from_utf8(name).ok());
            if let (Some(name), Some(id)) = (name, reference.try_id()) {
                backups.extend(Backup::read(name, &id.to_string()));
            }
        }
        Some(backups)
    }

    fn backups_by_git(&self) -> Result<Vec<Backup>, GitError> {
        let refs =
            self.git().text(&["for-each-ref", "--format=%(refname) %(objectname)", PREFIX])?;
        let read = |line: &str| {
            let (name, blob) = line.strip_prefix(PREFIX)?.split_once(' ')?;
            Backup::read(name, blob)
        };
        Ok(refs.lines().filter_map(read).collect())
    }

    /// Adds some backups and removes others, atomically.
    ///
    /// # Errors
    /// Returns an error if the refs cannot be written.
    pub fn keep_backups(&self, new: &[Backup], removed: &[Backup]) -> Result<(), GitError> {
        let added = new.iter().map(|b| format!("update {PREFIX}{} {}\n", b.name, b.blob));
        let deleted = removed.iter().map(|b| format!("delete {PREFIX}{} {}\n", b.name, b.blob));
        let lines: String = added.chain(deleted).collect();
        if lines.is_empty() {
            return Ok(());
        }
        // The objects are synced first: after a power failure, no ref may point to an object that
        // is not on disk.
        self.sync_named(&new.iter().map(|backup| backup.blob).collect::<Vec<_>>())?;
        if self.keep_without_git(new, removed)?.is_some() {
            return Ok(());
        }
        self.git().synced().run_with(&["update-ref", "--stdin"], lines.as_bytes()).map(drop)
    }

    /// Changes the refs without starting git. Returns `None` if git has to do it; git then reports
    /// any errors.
    ///
    /// # Errors
    /// Returns an error if the disk is full; git would only report that it cannot write its lock.
    fn keep_without_git(&self, new: &[Backup], removed: &[Backup]) -> Result<Option<()>, GitError> {
        // Only git understands other ref formats, and only git runs the reference-transaction hook.
        if self.has_foreign_refs() || self.has_hook("reference-transaction") {
            return Ok(None);
        }
        let name = |backup: &Backup| format!("{PREFIX}{}", backup.name).try_into().ok();
        let mut edits = Vec::new();
        for backup in removed {
            let expected = PreviousValue::ExistingMustMatch(to_gix(backup.blob).into());
            let Some(name) = name(backup) else { return Ok(None) };
            edits.push(RefEdit::delete(name, expected));
        }
        let full = |error: &io::Error| GitError::failed("backing up the current registry", error);
        for backup in new {
            match self.write_ref(&format!("{PREFIX}{}", backup.name), backup.blob) {
                // git would report a full disk as a failure to write its lock, and users would go
                // looking for a stale lock.
                Err(error) if is_disk_full(&error) => return Err(full(&error)),
                Err(_) => return Ok(None),
                Ok(()) => {}
            }
        }
        // The removals come last and are not synced: a removed backup that reappears after a power
        // failure does no harm.
        match self.gix.edit_references_as(edits, None) {
            Err(error) => full_disk(&error).map_or(Ok(None), |error| Err(full(error))),
            Ok(_) => Ok(Some(())),
        }
    }

    /// Pushes all backups to a remote or a URL, under the same refs; returns the number of new
    /// ones. Nothing is removed there. A dry run changes nothing.
    ///
    /// # Errors
    /// Returns an error if git cannot push, or if the other side refuses a backup.
    pub fn push_backups(&self, remote: &str, dry_run: bool) -> Result<usize, GitError> {
        // One of these two options is always passed, so that the number of arguments is fixed.
        let dry = if dry_run { "--dry-run" } else { "--no-dry-run" };
        let refs = format!("{PREFIX}*:{PREFIX}*");
        let lines = self.push(&["push", "--porcelain", dry, "--", remote, &refs])?;
        Ok(lines.lines().filter(|line| line.starts_with('*')).count())
    }

    /// Fetches the backups from a remote, a URL or a bundle, under the same refs. Backups that only
    /// exist here are kept.
    ///
    /// # Errors
    /// Returns an error if git cannot fetch.
    pub fn fetch_backups(&self, from: &str) -> Result<(), GitError> {
        // Without the plus, git does not update a ref that points to a blob, since it cannot tell
        // whether the update is a fast-forward.
        let refs = format!("+{PREFIX}*:{PREFIX}*");
        self.git().run(&[&FETCH[..], &["--", from, &refs]].concat()).map(drop)
    }

    /// Writes all backups to a bundle, which `git fetch` can read.
    ///
    /// # Errors
    /// Returns an error if the bundle cannot be written.
    pub fn bundle_backups(&self, file: &std::path::Path) -> Result<(), GitError> {
        let glob = format!("--glob={PREFIX}*");
        let args = ["bundle".as_ref(), "create".as_ref(), file.as_os_str(), glob.as_ref()];
        self.git().run(&args).map(drop)
    }
}

/// Returns the underlying error about a full disk, if there is one.
fn full_disk<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e io::Error> {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut causes = causes.filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.find(|cause| is_disk_full(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_the_time_and_the_blob() {
        let blob: BlobId = "ce013625030ba8dba906f756967f9e9ca394464a".parse().expect("valid");
        let backup = Backup::new(blob, 1_768_773_600_007).expect("a year of four digits");
        assert_eq!(backup.name, "20260118T220000007Z-ce013625");
        assert_eq!(backup.at.as_str(), "2026-01-18T22:00:00Z");
        assert_eq!(Backup::read(&backup.name, &blob.to_string()), Some(backup));
        for name in ["", "x", "20260118", "20261318T220000007Z-ce013625", "äääääääääääääääääääää"]
        {
            assert_eq!(Backup::read(name, &blob.to_string()), None, "{name}");
        }
    }
}
