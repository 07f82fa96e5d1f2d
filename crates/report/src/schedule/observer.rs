//! [`JobObserver`]: receives job events and formats job reports.

use std::path::PathBuf;

use idhooks_ops::{HealedBranch, Observer, PushedBackups};
use idhooks_repo::store::Job;

use super::error::ScheduleError;
use super::section::ScheduledReport;

/// A written report.
#[derive(Debug)]
pub struct WrittenReport {
    /// The Markdown file.
    pub file: PathBuf,
    /// The headings of the sections that need attention.
    pub needs: Vec<&'static str>,
}

/// Receives job events and formats job reports.
pub trait JobObserver: Observer {
    /// Called with the result of healing a branch.
    fn healed(&mut self, healed: &HealedBranch);

    /// Called with the backups that were pushed.
    fn pushed(&mut self, pushed: &PushedBackups);

    /// Formats a report in each of the [`idhooks_repo::store::REPORT_FORMATS`].
    fn format(&mut self, report: ScheduledReport) -> [String; 2];

    /// Called at the end of a job, with its report or the reason no report could be written.
    fn finished(&mut self, job: Job, written: Result<WrittenReport, ScheduleError>);
}
