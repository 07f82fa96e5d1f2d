//! Formats what happened to backups.

use idhooks_core::plan::schedule::local_time;
use idhooks_ops::{BackupState, PushedBackups};
use idhooks_report::metrics::{AlertCondition, Health, HealthState};
use jiff::tz::TimeZone;

use super::count;

/// Returns in words how many backups were pushed.
pub fn pushed_backups(pushed: &PushedBackups) -> String {
    let PushedBackups { new, known, is_dry_run, remote } = pushed;
    let would = if *is_dry_run { "would be pushed" } else { "pushed" };
    let backups = count(*new, "backup", "backups");
    format!("{backups} {would} to '{remote}'; {known} already there")
}

/// Returns in words when the backups of a timer were pushed, and where.
pub fn backup_summary(state: &BackupState) -> String {
    let BackupState { remote, since, pushed, .. } = state;
    let zone = TimeZone::system();
    match pushed {
        Some(at) => format!("last pushed to '{remote}' at {}", local_time(*at, &zone)),
        None => format!("not pushed to '{remote}' since {}", local_time(*since, &zone)),
    }
}

/// Returns whether the backups of a timer arrive.
pub fn backup_health(state: &BackupState) -> Health {
    Health {
        name: "backup",
        state: HealthState::by_alert(!state.is_overdue, AlertCondition::BackupOverdue),
        detail: backup_summary(state),
        help: state.is_overdue.then(|| "see why: idhooks schedule run backups".to_owned()),
    }
}
