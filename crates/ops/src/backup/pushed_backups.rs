//! Pushing backups, and checking whether the timer's pushes succeed.

use idhooks_core::registry::Timestamp;
use idhooks_repo::git::Repo;
use idhooks_repo::store::{BackupTarget, Job, Runs};
use idhooks_repo::transaction::now;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::local_backups::keep_current;
use super::refusal::BackupRefusal;
use crate::{Observer, OpsError, open_to_change};

/// The result of pushing backups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedBackups {
    /// How many backups were new to the remote.
    pub new: usize,
    /// How many backups the remote already had.
    pub known: usize,
    /// Whether this was a dry run.
    pub is_dry_run: bool,
    /// The remote, without a password.
    pub remote: String,
}

/// Pushes all backups to a remote or an address, and records the push if the timer pushes to the
/// same place.
///
/// # Errors
/// Returns an error if there are no backups, or if git cannot push them.
pub fn push_backups(
    repo: &Repo,
    remote: &str,
    is_dry_run: bool,
) -> Result<PushedBackups, OpsError> {
    let kept = repo.backups()?.len();
    if kept == 0 {
        return Err(BackupRefusal::NothingToPush.into());
    }
    let shown = without_password(remote);
    let new = repo.push_backups(remote, is_dry_run).map_err(|error| {
        // git's messages may contain the address, including the password.
        let reason = error.first_line().replace(remote, &shown);
        BackupRefusal::NotPushed { remote: shown.clone(), reason }
    })?;
    let new = new.min(kept);
    let runs = Runs::in_dir(&repo.state_dir());
    let target = runs.backup_target().filter(|target| target.remote == remote && !is_dry_run);
    if let Some(target) = target {
        runs.note_backup_target(Some(&BackupTarget { pushed: Some(now(repo)), ..target }))?;
    }
    Ok(PushedBackups { new, known: kept - new, is_dry_run, remote: shown })
}

/// Backs up the registry, unless it is already backed up, and pushes all backups to the timer's
/// remote.
///
/// # Errors
/// Returns an error if no timer pushes backups, if the index has no registry, or if git cannot push.
pub fn push_backups_of_timer(
    observer: &mut dyn Observer,
    repo: &Repo,
) -> Result<PushedBackups, OpsError> {
    let target = Runs::in_dir(&repo.state_dir()).backup_target();
    let target = target.ok_or(BackupRefusal::NoTimer)?;
    // Existing backups are pushed even if the registry has since been lost.
    let created = open_to_change(repo.top()).and_then(|repo| keep_current(observer, &repo));
    let pushed = push_backups(repo, &target.remote, false);
    created?;
    pushed
}

/// Returns a URL with any password removed.
pub(super) fn without_password(remote: &str) -> String {
    let masked = || {
        let (scheme, rest) = remote.split_once("://")?;
        let authority = rest.split('/').next()?;
        let (user, _) = authority.rsplit_once('@')?;
        let (name, _) = user.split_once(':')?;
        Some(format!("{scheme}://{name}:***{}", &rest[user.len()..]))
    };
    masked().unwrap_or_else(|| remote.to_owned())
}

/// Whether the timer's pushes succeed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackupState {
    /// The remote, without a password.
    pub remote: String,
    /// When the remote was configured.
    #[serde(rename = "at")]
    pub since: Timestamp,
    /// When backups were last pushed to the remote.
    #[serde(rename = "done_at")]
    pub pushed: Option<Timestamp>,
    /// Whether neither of the last two scheduled pushes succeeded.
    pub is_overdue: bool,
}

impl BackupState {
    /// Returns the state of the timer's pushes, or `None` if no timer pushes backups.
    pub fn read(repo: &Repo) -> Option<Self> {
        let BackupTarget { remote, since, pushed } =
            Runs::in_dir(&repo.state_dir()).backup_target()?;
        let remote = without_password(&remote);
        // Until the first push, the time is measured from when the remote was set.
        let done = pushed.unwrap_or(since);
        let is_overdue = Job::Backup.missed_two(done, now(repo), &TimeZone::system());
        Some(BackupState { remote, since, pushed, is_overdue })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        for (remote, shown) in [
            ("https://me:secret@example.org/a.git", "https://me:***@example.org/a.git"),
            ("https://me@example.org/a:b@c", "https://me@example.org/a:b@c"),
            ("git@example.org:a.git", "git@example.org:a.git"),
            ("origin", "origin"),
        ] {
            assert_eq!(without_password(remote), shown);
        }
    }
}
