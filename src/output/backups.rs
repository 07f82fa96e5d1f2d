//! Formats the results of backup commands.

use idhooks_ops::PushedBackups;

use super::count;

/// Describes the number of pushed backups.
pub fn pushed_backups(pushed: &PushedBackups) -> String {
    let PushedBackups { new, known, is_dry_run, remote } = pushed;
    let would = if *is_dry_run { "would be pushed" } else { "pushed" };
    let backups = count(*new, "backup", "backups");
    format!("{backups} {would} to '{remote}'; {known} already there")
}
