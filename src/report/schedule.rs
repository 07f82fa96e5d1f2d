//! Formats a repository's jobs and timers.

use idhooks_ops::local_time;
use idhooks_report::reports::backup_summary;
use idhooks_report::schedule::{JobState, ScheduleList};
use jiff::tz::TimeZone;

use crate::output::Ui;

/// Prints a repository's jobs and timers.
pub fn show_schedule(ui: &mut Ui, list: &ScheduleList, zone: &TimeZone) {
    ui.table(list.jobs.iter().map(|JobState { job, is_due, last, next }| {
        let last = last.as_ref().map_or_else(
            || "never ran".to_owned(),
            |run| format!("last {} ({})", local_time(run.at, zone), run.outcome),
        );
        let due = if *is_due { ", due now" } else { "" };
        let next = next.map_or_else(
            || "next run by a timer of your own".to_owned(),
            |next| format!("next {}{due}", local_time(next, zone)),
        );
        [job.to_string(), last, next]
    }));
    ui.lines(list.timers.iter().map(|t| format!("{}: {} ({})", t.keeper, t.state, t.place)));
    for (timer, fault) in list.timers.iter().filter_map(|timer| Some((timer, timer.fault()?))) {
        ui.warning(&fault);
        ui.hint(&format!("to call this program: {}", timer.remedy()));
    }
    if let Some(file) = &list.metrics {
        ui.line(&format!("metrics: every five minutes, to '{file}'"));
    }
    if let Some(backup) = &list.backup {
        ui.line(&format!("backups: {}", backup_summary(backup)));
    }
    if list.timers.is_empty() {
        ui.hint("no timer is installed; install one: idhooks schedule install --systemd, or --cron, --github, --windows");
    }
}
