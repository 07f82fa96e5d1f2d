//! Hints for errors from coverage, timers and jobs.

use idhooks_report::reports::CoverageError;
use idhooks_report::schedule::ScheduleError;

use crate::error::{CommandError, name_a_source};

impl From<ScheduleError> for CommandError {
    fn from(error: ScheduleError) -> Self {
        let converted = Self::new(error.to_string());
        match error {
            ScheduleError::Ops(error) => error.into(),
            ScheduleError::Unit(refusal) => refusal.into(),
            ScheduleError::Git(error) => error.into(),
            ScheduleError::Store(error) => error.into(),
            ScheduleError::System(error) => error.into(),
            ScheduleError::NoSource => {
                name_a_source(converted, "idhooks schedule install --github")
            }
            ScheduleError::NoCron => {
                converted.hint("install cron, or write the lines to a file: --output <dir>")
            }
            ScheduleError::DamagedCrontab => {
                converted.hint("remove the lines by hand (crontab -e), then run this again")
            }
            ScheduleError::Crontab { reason, .. } => {
                converted.because(&reason).hint("check that you may use cron: crontab -l")
            }
        }
    }
}

impl From<CoverageError> for CommandError {
    fn from(error: CoverageError) -> Self {
        let converted = Self::new(error.to_string());
        match error {
            CoverageError::Ops(error) => error.into(),
            CoverageError::NoRegistry(_) => {
                converted.hint("to adopt this repository: idhooks init")
            }
            CoverageError::Absent(_) => {
                converted.hint("fetch the rest, then check again: git fetch --unshallow")
            }
            CoverageError::NoneAsOld(_) => {
                converted.hint("list the oldest commits: git log --first-parent --reverse")
            }
        }
    }
}
