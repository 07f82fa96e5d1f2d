//! [`JobObserver`]: receives the events of jobs, and formats their reports.

use std::path::PathBuf;

use idhooks_ops::{HealedBranch, Observer, PushedBackups};
use idhooks_repo::store::Job;

use super::error::ScheduleError;
use super::section::ScheduledReport;

/// A report that was written.
#[derive(Debug)]
pub struct WrittenReport {
    /// The Markdown file.
    pub file: PathBuf,
    /// The headings of the sections that need attention.
    pub needs: Vec<&'static str>,
}

/// Receives the events of jobs, and formats their reports.
pub trait JobObserver: Observer {
    /// Takes the result of healing a branch.
    fn healed(&mut self, healed: &HealedBranch);

    /// Takes which backups were pushed.
    fn pushed(&mut self, pushed: &PushedBackups);

    /// Formats a report in each of [`idhooks_repo::store::REPORT_FORMATS`].
    fn format(&mut self, report: ScheduledReport) -> [String; 2];

    /// Takes the end of a job: its report, or why none could be written.
    fn finished(&mut self, job: Job, written: Result<WrittenReport, ScheduleError>);
}
