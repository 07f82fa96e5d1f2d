//! Tasks for the Windows Task Scheduler.

use std::path::Path;

use idhooks_ops::units::windows::{check_path, command_line, quoted, register_task};
use idhooks_ops::units::{ExpectedFile, UnitNotice, UnitRefusal};
use idhooks_ops::{Notice, Observer, filled};
use idhooks_repo::store::Job;
use idhooks_repo::system::{SystemError, run_program};

use super::timer_set::{TimerSet, TimerTask};

const MONTHS: &str =
    "January February March April May June July August September October November December";

/// Makes a trigger that fires once a day repeat every five minutes.
const EVERY_FIVE_MINUTES: &str =
    "<Repetition><Interval>PT5M</Interval><Duration>P1D</Duration></Repetition>";
/// Makes a trigger that fires once a day repeat every hour.
const EVERY_HOUR: &str =
    "<Repetition><Interval>PT1H</Interval><Duration>P1D</Duration></Repetition>";

/// Returns a task's time in Task Scheduler syntax.
fn calendar(task: TimerTask<'_>) -> String {
    match task {
        TimerTask::Report(Job::Hourly | Job::Nightly | Job::Backup) | TimerTask::Metrics(_) => "<ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay>".to_owned(),
        TimerTask::Report(Job::Weekly) => "<ScheduleByWeek><WeeksInterval>1</WeeksInterval><DaysOfWeek><Monday/></DaysOfWeek></ScheduleByWeek>".to_owned(),
        TimerTask::Report(Job::Monthly) => {
            let months = MONTHS.split(' ').map(|month| format!("<{month}/>")).collect::<String>();
            format!("<ScheduleByMonth><DaysOfMonth><Day>1</Day></DaysOfMonth><Months>{months}</Months></ScheduleByMonth>")
        }
    }
}

/// Returns the tasks.
///
/// # Errors
/// Returns an error if the Task Scheduler would see a variable in a path.
pub(super) fn files(subject: &TimerSet, dir: &Path) -> Result<Vec<ExpectedFile>, UnitRefusal> {
    // The Task Scheduler replaces `%NAME%` in arguments, and provides no way to escape it.
    subject.metrics.as_deref().map_or(Ok(()), check_path)?;
    let file = |task: TimerTask<'_>| {
        let (command, arguments) = command_line(&subject.names, &task.arguments(quoted))?;
        let (hour, minute, repetition) = match task {
            // The repetition lasts a day, so it starts in the first hour of the day.
            TimerTask::Report(Job::Hourly) => (0, Job::Hourly.minute(), EVERY_HOUR),
            TimerTask::Report(job) => (job.hour(), job.minute(), ""),
            TimerTask::Metrics(_) => (0, 0, EVERY_FIVE_MINUTES),
        };
        let values = [
            ("@NAME@", &*subject.names.name),
            ("@WHAT@", &task.description()),
            (
                // A trigger must have a start date; any date in the past will do.
                "@BEGIN@",
                &format!(
                    "{repetition}<StartBoundary>2024-01-01T{hour:02}:{minute:02}:00</StartBoundary>"
                ),
            ),
            ("@CALENDAR@", &calendar(task)),
            ("@COMMAND@", &command),
            ("@ARGUMENTS@", &arguments),
        ];
        let text = filled(include_str!("templates/windows.xml"), &values);
        Ok(ExpectedFile::new(dir.join(format!("{}.xml", subject.of_task(task))), &text))
    };
    subject.tasks().map(file).collect()
}

/// Registers the tasks.
///
/// # Errors
/// Returns an error if schtasks exists but cannot be started.
pub(super) fn register(
    observer: &mut dyn Observer,
    names: &TimerSet,
    files: &[ExpectedFile],
) -> Result<(), SystemError> {
    // If one task cannot be registered, the others must still be registered.
    for (task, file) in names.tasks().zip(files) {
        let name = names.of_task(task);
        if let Some(reason) = register_task(&name, &file.path)? {
            observer.notice(Notice::Unit(UnitNotice::NoTask {
                name,
                file: file.path.clone(),
                reason,
            }));
        }
    }
    Ok(())
}

/// Unregisters the tasks.
///
/// # Errors
/// Returns an error if schtasks exists but cannot be started.
pub(super) fn unregister(
    observer: &mut dyn Observer,
    subject: &TimerSet,
) -> Result<(), SystemError> {
    for task in subject.tasks() {
        let name = subject.of_task(task);
        // Without `/F`, schtasks would prompt, and nobody could answer.
        let answer = run_program("schtasks", &["/Delete", "/F", "/TN", &name], b"")?;
        if let Some(answer) = answer.filter(|answer| !answer.is_success) {
            observer.notice(Notice::Unit(UnitNotice::TaskLeft(name, answer.error)));
        }
    }
    Ok(())
}
