//! [`TimerSet`]: a repository's timers, and the jobs they start.

use idhooks_ops::OpsError;
use idhooks_ops::units::UnitNames;
use idhooks_repo::git::Repo;
use idhooks_repo::store::{Job, Runs};

/// A repository's timers, with their names and jobs.
#[derive(Debug, Clone)]
pub(super) struct TimerSet {
    /// The program (the running one, unless the timers call another), and the main working tree (or
    /// the git directory if there is no working tree). Linked working trees are not used, because
    /// they come and go.
    pub(super) names: UnitNames,
    /// The jobs that the timers run.
    pub(super) jobs: Vec<Job>,
    /// The file that a timer writes metrics to, if any.
    pub(super) metrics: Option<String>,
}

/// The task that a timer starts.
#[derive(Debug, Clone, Copy)]
pub(super) enum TimerTask<'n> {
    /// Writing a report.
    Report(Job),
    /// Writes metrics to this file every five minutes.
    Metrics(&'n str),
}

impl<'n> TimerTask<'n> {
    /// Returns the task's name, which is part of timer names.
    pub(super) fn name(self) -> &'static str {
        match self {
            TimerTask::Report(job) => job.as_str(),
            TimerTask::Metrics(_) => "metrics",
        }
    }

    /// Returns a description of the task's output, for timer descriptions.
    pub(super) fn description(self) -> String {
        match self {
            TimerTask::Report(Job::Hourly) => "hourly repair".to_owned(),
            TimerTask::Report(Job::Backup) => "backups".to_owned(),
            TimerTask::Report(job) => format!("{job} report"),
            TimerTask::Metrics(_) => "metrics".to_owned(),
        }
    }

    /// Returns the program's arguments, with paths quoted by `quoted`.
    pub(super) fn arguments(self, quoted: impl Fn(&'n str) -> String) -> String {
        match self {
            TimerTask::Report(job) => format!("schedule run {job}"),
            // The metrics describe HEAD, so that someone's staged changes do not disturb the
            // series.
            TimerTask::Metrics(file) => format!("metrics --rev HEAD --output {}", quoted(file)),
        }
    }
}

impl TimerSet {
    /// Reads a repository's timers from its records.
    ///
    /// # Errors
    /// Returns an error if a path cannot be written into a timer.
    pub(super) fn read(repo: &Repo) -> Result<Self, OpsError> {
        let (names, runs) = (UnitNames::of_clone(repo)?, Runs::in_dir(&repo.state_dir()));
        Ok(TimerSet { names, jobs: runs.jobs(), metrics: runs.metrics_file() })
    }

    /// Returns the tasks that the timers start.
    pub(super) fn tasks(&self) -> impl Iterator<Item = TimerTask<'_>> {
        let metrics = self.metrics.as_deref().map(TimerTask::Metrics);
        self.jobs.iter().copied().map(TimerTask::Report).chain(metrics)
    }

    /// Returns the name of a task's timer.
    pub(super) fn of_task(&self, task: TimerTask<'_>) -> String {
        format!("{}-{}", self.names.name, task.name())
    }
}
