//! Tasks for the Task Scheduler of Windows.

use std::path::Path;

use idhooks_core::plan::schedule::Job;
use idhooks_ops::filled;
use idhooks_repo::system::{SystemError, call_program, run_program};

use super::error::ScheduleError;
use super::notice::{Tell, UnitNotice};
use super::unit_files::ExpectedFile;
use super::unit_names::{TimerTask, UnitNames};

const MONTHS: &str =
    "January February March April May June July August September October November December";

/// The repetition of a trigger that begins once a day.
const EVERY_FIVE_MINUTES: &str =
    "<Repetition><Interval>PT5M</Interval><Duration>P1D</Duration></Repetition>";
/// The same for every hour.
const EVERY_HOUR: &str =
    "<Repetition><Interval>PT1H</Interval><Duration>P1D</Duration></Repetition>";

/// Returns the time of a task in the syntax of the Task Scheduler.
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
pub(super) fn files(subject: &UnitNames, dir: &Path) -> Result<Vec<ExpectedFile>, ScheduleError> {
    subject.metrics.as_deref().map_or(Ok(()), check_path)?;
    let file = |task: TimerTask<'_>| {
        let (command, arguments) = command_line(subject, &task.arguments(quoted))?;
        let (hour, minute, repetition) = match task {
            TimerTask::Report(Job::Hourly) => (0, Job::Hourly.minute(), EVERY_HOUR),
            TimerTask::Report(job) => (job.hour(), job.minute(), ""),
            TimerTask::Metrics(_) => (0, 0, EVERY_FIVE_MINUTES),
        };
        let values = [
            ("@NAME@", &*subject.name),
            ("@WHAT@", &task.description()),
            (
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

/// Returns the program and its arguments as they are written into a task; `arguments` are those after
/// the directory.
///
/// # Errors
/// Returns an error if the Task Scheduler would see a variable in a path.
pub(super) fn command_line(
    names: &UnitNames,
    arguments: &str,
) -> Result<(String, String), ScheduleError> {
    [&*names.program, &*names.dir].into_iter().try_for_each(check_path)?;
    // As Windows writes paths.
    let command = names.program.replace('/', if cfg!(windows) { "\\" } else { "/" });
    let arguments = format!("-C {} --quiet {arguments}", quoted(&names.dir));
    Ok((escaped(&command), escaped(&arguments)))
}

/// Refuses a path in which the Task Scheduler would see a variable.
fn check_path(path: &str) -> Result<(), ScheduleError> {
    if path.contains('%') || path.contains("$(") {
        return Err(ScheduleError::TaskPath(path.to_owned()));
    }
    Ok(())
}

/// Quotes an argument the way Windows programs parse their command line: a backslash is only special
/// in front of a quotation mark.
fn quoted(text: &str) -> String {
    let mut out = "\"".to_owned();
    let mut backslashes = 0;
    for c in text.chars() {
        if c == '"' {
            out.push_str(&"\\".repeat(backslashes + 1));
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        out.push(c);
    }
    out.push_str(&"\\".repeat(backslashes));
    out.push('"');
    out
}

/// Escapes a text for XML in plain ASCII, so that it does not depend on the encoding.
pub(super) fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let coded = |c: char| if c.is_ascii() { c.into() } else { format!("&#{};", u32::from(c)) };
    text.replace('"', "&quot;").chars().map(coded).collect()
}

/// Registers the tasks.
///
/// # Errors
/// Returns an error if schtasks exists but cannot be started.
pub(super) fn register(
    tell: Tell<'_>,
    names: &UnitNames,
    files: &[ExpectedFile],
) -> Result<(), SystemError> {
    for (task, file) in names.tasks().zip(files) {
        let name = names.of_task(task);
        if let Some(reason) = register_task(&name, &file.path)? {
            tell(UnitNotice::NoTask { name, file: file.path.clone(), reason });
        }
    }
    Ok(())
}

/// Registers a task; returns why that failed, if it did.
///
/// # Errors
/// Returns an error if schtasks exists but cannot be started.
pub(super) fn register_task(name: &str, file: &Path) -> Result<Option<String>, SystemError> {
    let xml = file.display().to_string();
    call_program("schtasks", &["/Create", "/F", "/TN", name, "/XML", &xml])
}

/// Unregisters the tasks.
///
/// # Errors
/// Returns an error if schtasks exists but cannot be started.
pub(super) fn unregister(tell: Tell<'_>, subject: &UnitNames) -> Result<(), SystemError> {
    for task in subject.tasks() {
        let name = subject.of_task(task);
        let answer = run_program("schtasks", &["/Delete", "/F", "/TN", &name], b"")?;
        if let Some(answer) = answer.filter(|answer| !answer.is_success) {
            tell(UnitNotice::TaskLeft(name, answer.error));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_what_they_are() {
        assert_eq!(quoted(r"C:\a b\"), r#""C:\a b\\""#);
        assert_eq!(quoted(r#"a\"b"#), r#""a\\\"b""#);
        assert_eq!(escaped("a & <é>"), "a &amp; &lt;&#233;&gt;");
    }
}
