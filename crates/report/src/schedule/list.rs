//! [`ScheduleList`]: a repository's jobs and timers.

use idhooks_core::registry::Timestamp;
use idhooks_ops::BackupState;
use idhooks_repo::git::Repo;
use idhooks_repo::store::{Job, LastRun, RunOutcome, Runs, local_time};
use idhooks_repo::transaction::now;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::error::ScheduleError;
use super::timers::{Timer, TimerState, Timers};

/// A job's state.
#[derive(Debug, Serialize)]
pub struct JobState {
    /// The job.
    pub job: Job,
    /// Whether the job is due and has not been done yet.
    pub is_due: bool,
    /// Its last run.
    pub last: Option<LastRun>,
    /// When the job is due next; `None` if no idhooks timer runs it.
    #[serde(rename = "next_at")]
    pub next: Option<Timestamp>,
}

/// A repository's jobs and timers.
#[derive(Debug, Serialize)]
pub struct ScheduleList {
    /// The jobs that timers run, or that have been run.
    pub jobs: Vec<JobState>,
    /// The timers that are or should be installed.
    pub timers: Vec<Timer>,
    /// The file that a timer writes metrics to.
    pub metrics: Option<String>,
    /// Where a timer pushes backups to, and whether they arrive there.
    pub backup: Option<BackupState>,
}

impl ScheduleList {
    /// Reads the state of all of a repository's jobs and timers.
    ///
    /// # Errors
    /// Returns an error if a timer's files cannot be read.
    pub fn read(repo: &Repo, zone: &TimeZone) -> Result<Self, ScheduleError> {
        let (runs, now) = (Runs::in_dir(&repo.state_dir()), now(repo));
        let timed = runs.jobs();
        // Runs started by the user's own timers are listed too.
        let jobs = Job::ALL.into_iter().filter_map(|job| {
            let (last, is_timed) = (runs.last(job.as_str()), timed.contains(&job));
            let done = last.as_ref().and_then(|run| run.done);
            let is_due = is_timed && job.is_due(done, now, zone);
            let next = is_timed.then(|| job.next_planned(now, zone));
            (is_timed || last.is_some()).then_some(JobState { job, last, is_due, next })
        });
        // If the repository's name cannot be used in timers, the repository has no timers.
        let timers = Timers::read(repo).map_or(Ok(Vec::new()), |timers| {
            let mut found = timers.list()?;
            found.extend(timers.missing(&found));
            Ok::<_, ScheduleError>(found)
        })?;
        let (metrics, backup) = (runs.metrics_file(), BackupState::read(repo));
        Ok(ScheduleList { jobs: jobs.collect(), timers, metrics, backup })
    }

    /// Returns a line about the timers and the last runs, and whether everything is in order.
    pub fn summary(&self, zone: &TimeZone) -> (bool, String) {
        let timers = self.timers.iter().map(|timer| format!("{}: {}", timer.keeper, timer.state));
        let runs = self.jobs.iter().filter_map(|line| {
            let LastRun { at, outcome, .. } = line.last.as_ref()?;
            Some(format!("{} {} ({outcome})", line.job, local_time(*at, zone)))
        });
        let words: Vec<String> = timers.chain(runs).collect();
        let has_failed = |line: &JobState| {
            line.last.as_ref().is_some_and(|run| run.outcome == RunOutcome::Failed)
        };
        let is_well = self.timers.iter().all(|timer| timer.state == TimerState::Installed)
            && !self.jobs.iter().any(has_failed);
        (is_well, if words.is_empty() { "none installed".to_owned() } else { words.join(", ") })
    }
}
