//! systemd timers, for the user who installs them.

use std::path::{Path, PathBuf};
use std::{env, fs};

use idhooks_core::plan::schedule::Job;
use idhooks_ops::filled;
use idhooks_repo::system::{SystemError, call_program};

use super::error::ScheduleError;
use super::notice::{Tell, UnitNotice};
use super::unit_files::{ExpectedFile, remove};
use super::unit_names::{TimerTask, UnitNames};

/// Returns the time of a task in the syntax of systemd.
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

/// Returns the directory where systemd looks for the units of this user.
///
/// # Errors
/// Returns an error if there is no home directory.
pub(super) fn directory() -> Result<PathBuf, ScheduleError> {
    let named = |name: &str| env::var_os(name).map(PathBuf::from).filter(|dir| dir.is_absolute());
    let config = named("XDG_CONFIG_HOME").or_else(|| Some(named("HOME")?.join(".config")));
    config.map(|dir| dir.join("systemd").join("user")).ok_or(ScheduleError::NoUnits)
}

/// Returns the units: a service and a timer for each task.
pub(super) fn files(subject: &UnitNames, dir: &Path) -> Vec<ExpectedFile> {
    let both = |task: TimerTask<'_>| {
        let words = command_line(subject, &task.arguments(argument));
        let values = [
            ("@TASK@", task.name()),
            ("@WHAT@", &task.description()),
            ("@NAME@", &subject.name),
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

/// Returns the command line of this program in a unit; `arguments` are those after the directory.
pub(super) fn command_line(names: &UnitNames, arguments: &str) -> String {
    let program = quoted(&names.program);
    format!("\"{program}\" -C {} --quiet {arguments}", argument(&names.dir))
}

/// Returns an argument of a command line in a unit.
fn argument(path: &str) -> String {
    format!("\"{}\"", quoted(path).replace('$', "$$"))
}

/// Escapes a text for use between double quotes in a command line of a unit. A dollar is only special
/// in arguments, not in the name of the program.
fn quoted(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%%")
}

fn timers(subject: &UnitNames) -> Vec<String> {
    subject.tasks().map(|task| format!("{}.timer", subject.of_task(task))).collect()
}

/// Enables the timers.
///
/// # Errors
/// Returns an error if systemctl exists but cannot be started.
pub(super) fn enable(tell: Tell<'_>, subject: &UnitNames) -> Result<(), SystemError> {
    let timers = timers(subject);
    tell(match enable_units(&timers)? {
        Some(reason) => UnitNotice::NotEnabled { timers, reason },
        None => UnitNotice::Enabled,
    });
    Ok(())
}

/// Enables and starts units; returns why that failed, if it did.
///
/// # Errors
/// Returns an error if systemctl exists but cannot be started.
pub(super) fn enable_units(units: &[String]) -> Result<Option<String>, SystemError> {
    match systemctl(&["daemon-reload"], &[])? {
        None => systemctl(&["enable", "--now"], units),
        failed => Ok(failed),
    }
}

/// Stops and disables units; returns why that failed, if it did.
///
/// # Errors
/// Returns an error if systemctl exists but cannot be started.
pub(super) fn disable_units(units: &[String]) -> Result<Option<String>, SystemError> {
    systemctl(&["disable", "--now"], units)
}

/// Returns whether all timers are enabled, which systemd records as links.
pub(super) fn is_enabled(subject: &UnitNames, dir: &Path) -> bool {
    timers(subject).iter().all(|timer| link(dir, timer).symlink_metadata().is_ok())
}

fn link(dir: &Path, timer: &str) -> PathBuf {
    dir.join("timers.target.wants").join(timer)
}

/// Disables the timers, before their files are removed.
///
/// # Errors
/// Returns an error if systemctl exists but cannot be started.
pub(super) fn disable(tell: Tell<'_>, subject: &UnitNames) -> Result<(), SystemError> {
    disable_units(&timers(subject))?.map(UnitNotice::NotDisabled).into_iter().for_each(tell);
    Ok(())
}

/// Reloads systemd after the files are removed, and removes the links that enabling created.
///
/// # Errors
/// Returns an error if systemctl exists but cannot be started.
pub(super) fn forget(subject: &UnitNames, dir: &Path) -> Result<(), ScheduleError> {
    for timer in timers(subject) {
        let link = link(dir, &timer);
        if fs::symlink_metadata(&link).is_ok_and(|meta| meta.is_symlink()) && !link.exists() {
            remove(&link)?;
        }
    }
    // Without systemd there is nothing to reload.
    systemctl(&["daemon-reload"], &[])?;
    Ok(())
}

/// Runs systemctl for this user; returns why it failed, if it did.
fn systemctl(what: &[&str], units: &[String]) -> Result<Option<String>, SystemError> {
    let words = ["--user"].iter().chain(what).copied().chain(units.iter().map(String::as_str));
    call_program("systemctl", &words.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_what_it_is() {
        assert_eq!(quoted(r#"/a b/50%/"x"\"#), r#"/a b/50%%/\"x\"\\"#);
    }
}
