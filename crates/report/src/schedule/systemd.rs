//! Manages systemd timers installed for the current user.

use std::fs;
use std::path::{Path, PathBuf};

use idhooks_ops::units::systemd::{argument, command_line, disable_units, enable_units, reload};
use idhooks_ops::units::{ExpectedFile, UnitNotice, remove};
use idhooks_ops::{Notice, Observer, OpsError, filled};
use idhooks_repo::store::Job;
use idhooks_repo::system::SystemError;

use super::timer_set::{TimerSet, TimerTask};

/// Returns a task's time in systemd syntax.
fn calendar(task: TimerTask<'_>) -> &'static str {
    match task {
        TimerTask::Report(Job::Hourly) => "*:15",
        TimerTask::Report(Job::Nightly) => "*-*-* 02:00:00",
        TimerTask::Report(Job::Weekly) => "Mon *-*-* 06:00:00",
        TimerTask::Report(Job::Monthly) => "*-*-01 03:00:00",
        TimerTask::Report(Job::Backup) => "*-*-* 04:00:00",
        TimerTask::Metrics(_) => "*:0/5",
    }
}

/// Returns the units, consisting of a service and a timer for each task.
pub(super) fn files(subject: &TimerSet, dir: &Path) -> Vec<ExpectedFile> {
    let both = |task: TimerTask<'_>| {
        let words = command_line(&subject.names, &task.arguments(argument));
        let values = [
            ("@TASK@", task.name()),
            ("@WHAT@", &task.description()),
            ("@NAME@", &subject.names.name),
            ("@CALENDAR@", calendar(task)),
            ("@WORDS@", &words),
        ];
        let unit = |kind: &str, template: &str| {
            let path = dir.join(format!("{}.{kind}", subject.of_task(task)));
            ExpectedFile::new(path, &filled(template, &values))
        };
        let service = unit("service", include_str!("templates/systemd.service"));
        [service, unit("timer", include_str!("templates/systemd.timer"))]
    };
    subject.tasks().flat_map(both).collect()
}

fn timers(subject: &TimerSet) -> Vec<String> {
    subject.tasks().map(|task| format!("{}.timer", subject.of_task(task))).collect()
}

/// Enables the timers.
///
/// # Errors
/// Returns an error if systemctl exists but cannot be started.
pub(super) fn enable(observer: &mut dyn Observer, subject: &TimerSet) -> Result<(), SystemError> {
    let timers = timers(subject);
    // Without a systemd session, the units are still written, and can be enabled later.
    observer.notice(Notice::Unit(match enable_units(&timers)? {
        Some(reason) => UnitNotice::NotEnabled { timers, reason },
        None => UnitNotice::Enabled,
    }));
    Ok(())
}

/// Returns whether all timers are enabled; systemd represents this with symlinks.
pub(super) fn is_enabled(subject: &TimerSet, dir: &Path) -> bool {
    // The symlinks can be read even without a systemd session.
    timers(subject).iter().all(|timer| link(dir, timer).symlink_metadata().is_ok())
}

fn link(dir: &Path, timer: &str) -> PathBuf {
    dir.join("timers.target.wants").join(timer)
}

/// Disables the timers before their files are removed.
///
/// # Errors
/// Returns an error if systemctl exists but cannot be started.
pub(super) fn disable(observer: &mut dyn Observer, subject: &TimerSet) -> Result<(), SystemError> {
    if let Some(reason) = disable_units(&timers(subject))? {
        observer.notice(Notice::Unit(UnitNotice::NotDisabled(reason)));
    }
    Ok(())
}

/// Reloads systemd after the files have been removed, and removes the symlinks created by enabling
/// the timers.
///
/// # Errors
/// Returns an error if systemctl exists but cannot be started.
pub(super) fn forget(subject: &TimerSet, dir: &Path) -> Result<(), OpsError> {
    for timer in timers(subject) {
        let link = link(dir, &timer);
        // If a symlink is not dangling, its unit still exists.
        if fs::symlink_metadata(&link).is_ok_and(|meta| meta.is_symlink()) && !link.exists() {
            remove(&link)?;
        }
    }
    // Without systemd, there is nothing to reload.
    reload()?;
    Ok(())
}
