//! The hints of refused timers, and of jobs that fail.

use idhooks_report::schedule::ScheduleError;

use super::CommandError;
use super::ci::name_a_source;

/// What to do about a directory whose path no timer can hold.
const RENAME: &str = "rename the directory, then install again";

impl From<ScheduleError> for CommandError {
    fn from(error: ScheduleError) -> Self {
        let converted = Self::new(error.to_string());
        match error {
            ScheduleError::Ops(error) => error.into(),
            ScheduleError::Git(error) => error.into(),
            ScheduleError::Store(error) => error.into(),
            ScheduleError::System(error) => error.into(),
            ScheduleError::NoSource => {
                name_a_source(converted, "idhooks schedule install --github")
            }
            ScheduleError::UnitPath(_, reason) => converted.because(&reason).hint(RENAME),
            ScheduleError::TaskPath(_) => converted
                .because(&"the Task Scheduler treats '%' and '$(' as variables")
                .hint(RENAME),
            ScheduleError::ChangedFile(_) | ScheduleError::ForeignFile(_) => converted
                .hint("to see what would be written: --dry-run --force")
                .hint("to replace it: --force"),
            ScheduleError::NoCron => {
                converted.hint("install cron, or write the lines to a file: --output <dir>")
            }
            ScheduleError::DamagedCrontab => {
                converted.hint("remove its lines by hand (crontab -e), then run the command again")
            }
            ScheduleError::Crontab { reason, .. } => {
                converted.because(&reason).hint("check that cron lets you: crontab -l")
            }
            ScheduleError::NoUnits => converted
                .because(&"neither HOME nor XDG_CONFIG_HOME names a directory")
                .hint("write them elsewhere: --output <dir>"),
            ScheduleError::NoAgents => converted
                .because(&"HOME names no directory")
                .hint("write the file elsewhere: --output <dir>"),
        }
    }
}
