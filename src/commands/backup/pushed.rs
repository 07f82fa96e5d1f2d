//! Pushing backups, and whether those that a timer pushes arrive.

use std::fmt;

use idhooks_core::plan::schedule::{Job, local_time};
use idhooks_core::registry::Timestamp;
use idhooks_repo::git::Repo;
use idhooks_repo::store::{BackupTarget, Runs};
use idhooks_repo::transaction::now;
use idhooks_report::metrics::{AlertCondition, BackupMeasures, Health, HealthState};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::error::{CommandError, CommandResult};
use crate::output::count;

/// Backups that were pushed.
pub(in crate::commands) struct PushedBackups {
    /// How many were not there before.
    pub(in crate::commands) new: usize,
    /// How many were there already.
    pub(in crate::commands) known: usize,
    /// Whether that was only tried.
    is_dry_run: bool,
    remote: String,
}

impl fmt::Display for PushedBackups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PushedBackups { new, known, is_dry_run, remote } = self;
        let would = if *is_dry_run { "would be pushed" } else { "pushed" };
        let backups = count(*new, "backup", "backups");
        write!(f, "{backups} {would} to '{}'; {known} already there", without_password(remote))
    }
}

/// Pushes all backups to a remote or an address, and records that if it is that of a timer.
///
/// # Errors
/// Returns an error if there are none, or if git cannot push them.
pub(in crate::commands) fn push(
    repo: &Repo,
    remote: &str,
    is_dry_run: bool,
) -> CommandResult<PushedBackups> {
    let kept = repo.backups()?.len();
    if kept == 0 {
        return Err(
            CommandError::new("there is no backup to push").hint("make one: idhooks backup create")
        );
    }
    let shown = without_password(remote);
    let new = repo.push_backups(remote, is_dry_run).map_err(|error| {
        CommandError::new(format!("cannot push the backups to '{shown}'"))
            .because(&error.first_line().replace(remote, &shown))
            .hint("see which remotes there are: git remote -v")
            .hint("and whether you may push there: git push --dry-run")
    })?;
    let new = new.min(kept);
    let runs = Runs::in_dir(&repo.state_dir());
    let target = runs.backup_target().filter(|target| target.remote == remote && !is_dry_run);
    if let Some(target) = target {
        runs.note_backup_target(Some(&BackupTarget { pushed: Some(now()), ..target }))?;
    }
    Ok(PushedBackups { new, known: kept - new, is_dry_run, remote: remote.to_owned() })
}

/// Returns a URL without the password in it, if it has one.
pub(in crate::commands) fn without_password(remote: &str) -> String {
    let masked = || {
        let (scheme, rest) = remote.split_once("://")?;
        let authority = rest.split('/').next()?;
        let (user, _) = authority.rsplit_once('@')?;
        let (name, _) = user.split_once(':')?;
        Some(format!("{scheme}://{name}:***{}", &rest[user.len()..]))
    };
    masked().unwrap_or_else(|| remote.to_owned())
}

/// Whether the backups that a timer pushes arrive.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct BackupState {
    /// The remote, without a password.
    remote: String,
    /// When the remote was named.
    #[serde(rename = "at")]
    since: Timestamp,
    /// When the backups were last pushed there.
    #[serde(rename = "done_at")]
    pushed: Option<Timestamp>,
    /// Whether they could not be pushed at the last two planned times.
    is_overdue: bool,
}

impl BackupState {
    /// Returns the state, if a timer pushes backups.
    pub(in crate::commands) fn of(repo: &Repo) -> Option<Self> {
        let BackupTarget { remote, since, pushed } =
            Runs::in_dir(&repo.state_dir()).backup_target()?;
        let remote = without_password(&remote);
        let done = pushed.unwrap_or(since);
        let is_overdue = Job::Backup.missed_two(done, now(), &TimeZone::system());
        Some(BackupState { remote, since, pushed, is_overdue })
    }

    /// Returns in words when the backups were pushed, and where.
    pub(in crate::commands) fn summary(&self) -> String {
        let BackupState { remote, since, pushed, .. } = self;
        let zone = TimeZone::system();
        match pushed {
            Some(at) => format!("last pushed to '{remote}' at {}", local_time(*at, &zone)),
            None => format!("not pushed to '{remote}' since {}", local_time(*since, &zone)),
        }
    }

    /// Returns why someone has to look, if the backups do not arrive.
    pub(in crate::commands) fn fault(&self) -> Option<String> {
        self.is_overdue.then(|| self.summary())
    }

    /// Returns whether the backups arrive.
    pub(in crate::commands) fn health(&self) -> Health {
        Health {
            name: "backup",
            state: HealthState::by_alert(!self.is_overdue, AlertCondition::BackupOverdue),
            detail: self.summary(),
            help: self.is_overdue.then(|| "see why: idhooks schedule run backups".to_owned()),
        }
    }

    /// Returns what is measured.
    pub(in crate::commands) fn measures(&self) -> BackupMeasures {
        BackupMeasures { pushed: self.pushed, is_overdue: self.is_overdue }
    }
}
