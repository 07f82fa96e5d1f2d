//! Runs scheduled jobs: each job writes a report, and some heal the registry or push backups first.

use std::path::{Component, Path, PathBuf};

use idhooks_core::registry::{Timestamp, safe};
use idhooks_ops::{OpsError, QueueQuestions, write_outputs};
use idhooks_repo::git::Repo;
use idhooks_repo::state::Heads;
use idhooks_repo::store::{
    Holder, Job, LastRun, LockError, REPORT_FORMATS, RunOutcome, Runs, local_day, local_time,
    resolve_path,
};
use idhooks_repo::transaction::now;
use jiff::tz::TimeZone;

use super::error::ScheduleError;
use super::heal_and_push;
use super::observer::{JobObserver, WrittenReport};
use super::section::{ScheduledReport, Section, SectionKind};
use super::sections::{self, ReportContext};

/// The jobs to run, and where to write their reports.
#[derive(Debug)]
pub struct RunJobsOptions {
    /// The job to run; `None` for all jobs that are due.
    pub job: Option<Job>,
    /// The directory to write the report to, instead of the git directory.
    pub output: Option<PathBuf>,
    /// Whether to replace tracked files that idhooks did not write.
    pub overwrite: bool,
    /// The function that queues questions for a human, if any.
    pub queue_questions: Option<QueueQuestions>,
}

/// The result of calling [`run_jobs`].
#[derive(Debug)]
pub enum JobsOutcome {
    /// Some jobs were run (see [`JobObserver::finished`]).
    Done,
    /// No job is due. Contains the next job and the time it is due.
    NothingDue(Option<(Timestamp, Job)>),
    /// Another run is active. If a job was requested, that run will do it too.
    Active(Holder, Option<Job>),
}

/// Runs a job, or all jobs that are due, along with any jobs that other runs have requested in the
/// meantime. If a job fails, the others still run.
///
/// # Errors
/// Returns an error if the runs cannot be recorded.
pub fn run_jobs(
    observer: &mut dyn JobObserver,
    repo: &Repo,
    options: &RunJobsOptions,
) -> Result<JobsOutcome, ScheduleError> {
    let runs = Runs::in_dir(&repo.state_dir());
    let what = options.job.map_or("--due", Job::as_str);
    let _turn = match runs.begin(&format!("schedule run {what}")) {
        Ok(turn) => turn,
        // Two simultaneous runs would write the same files.
        Err(LockError::Held { holder, .. }) => return leave(&runs, options, holder),
        Err(LockError::Store(error)) => return Err(error.into()),
    };
    let zone = TimeZone::system();
    let work = JobRun { repo, runs: &runs, zone, options };
    let is_due = |job: &Job| {
        let done = runs.last(job.as_str()).and_then(|run| run.done);
        job.is_due(done, now(repo), &work.zone)
    };
    let jobs = runs.jobs();
    let due = || jobs.iter().copied().filter(is_due).collect();
    let wanted: Vec<Job> = options.job.map_or_else(due, |job| vec![job]);
    for job in &wanted {
        work.run(observer, *job, options.output.as_deref())?;
    }
    // Other runs may have requested these jobs while this run was active, or before an earlier run
    // was killed. The requests are read again each time, because one may arrive while a report is
    // being written.
    while let Some(job) = runs.requested().first() {
        work.run(observer, *job, None)?;
    }
    if wanted.is_empty() {
        let next = jobs.into_iter().map(|job| (job.next_planned(now(repo), &work.zone), job));
        return Ok(JobsOutcome::NothingDue(next.min()));
    }
    Ok(JobsOutcome::Done)
}

/// Leaves the work to the active run.
fn leave(
    runs: &Runs,
    options: &RunJobsOptions,
    holder: Holder,
) -> Result<JobsOutcome, ScheduleError> {
    // If the active run is already doing this job, no request is needed.
    let does = |job: Job| holder.command() == Some(&*format!("schedule run {job}"));
    let requested = options.job.filter(|job| options.output.is_none() && !does(*job));
    requested.map_or(Ok(()), |job| runs.request(job))?;
    Ok(JobsOutcome::Active(holder, requested))
}

/// The repository with its records of runs, the time zone and the options.
struct JobRun<'r> {
    repo: &'r Repo,
    runs: &'r Runs,
    zone: TimeZone,
    options: &'r RunJobsOptions,
}

impl JobRun<'_> {
    /// Does a job and records its result.
    fn run(
        &self,
        observer: &mut dyn JobObserver,
        job: Job,
        output: Option<&Path>,
    ) -> Result<(), ScheduleError> {
        let at = now(self.repo);
        let before = self.runs.last(job.as_str());
        // The request is cleared first, so that a job that always fails is not requested forever.
        self.runs.clear_request(job)?;
        let written = self.write(observer, job, output);
        let run = match &written {
            Ok((outcome, WrittenReport { file, .. })) => {
                // A refused job stays due.
                let done = match outcome {
                    RunOutcome::Failed => before.and_then(|run| run.done),
                    RunOutcome::Fine | RunOutcome::Findings => Some(at),
                };
                let report = Some(safe(&file.display().to_string()).into_owned());
                LastRun { at, outcome: *outcome, done, report }
            }
            Err(_) => {
                let (done, report) = before.map_or((None, None), |run| (run.done, run.report));
                LastRun { at, outcome: RunOutcome::Failed, done, report }
            }
        };
        observer.finished(job, written.map(|(_, report)| report));
        Ok(self.runs.note(job.as_str(), &run)?)
    }

    /// Does the work for a job, and writes its report.
    fn write(
        &self,
        observer: &mut dyn JobObserver,
        job: Job,
        dir: Option<&Path>,
    ) -> Result<(RunOutcome, WrittenReport), ScheduleError> {
        let worked = match job {
            Job::Hourly => {
                let queue_questions = self.options.queue_questions;
                Some((
                    SectionKind::Reconcile,
                    heal_and_push::heal(observer, self.repo, queue_questions),
                ))
            }
            Job::Backup => Some((SectionKind::Backups, heal_and_push::push(observer, self.repo))),
            Job::Nightly | Job::Weekly | Job::Monthly => None,
        };
        // A job that heals or pushes does not report findings, so reading fewer heads is enough.
        let heads = if worked.is_some() { Heads::Ruled } else { Heads::All };
        let (scene, worked) = match (ReportContext::read(self.repo, now(self.repo), heads), worked)
        {
            (Ok(scene), worked) => (scene, worked),
            // The reason the job was refused is more informative than this error.
            (Err(_), Some((_, Err(refused)))) => return Err(refused.into()),
            (Err(error), _) => return Err(error.into()),
        };
        let is_refused = matches!(worked, Some((_, Err(_))));
        // The report mentions the refusal too.
        let worked = worked
            .map(|(kind, done)| done.unwrap_or_else(|error| Section::new(kind).failed(error)));
        let name = self.repo.main_dir()?;
        let report = ScheduledReport {
            job,
            at: scene.now,
            day: match job {
                // There is one report per hour.
                Job::Hourly => local_time(scene.now, &self.zone).replace(' ', "T")[..13].to_owned(),
                _ => local_day(scene.now, &self.zone),
            },
            repository: name.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            commit: scene.commit.to_string(),
            is_refused,
            sections: match worked {
                Some(section) => vec![section],
                None => sections_of(observer, job, &scene)?,
            },
        };
        let needs = report.needs();
        let outcome = match needs.is_empty() {
            _ if is_refused => RunOutcome::Failed,
            true => RunOutcome::Fine,
            false => RunOutcome::Findings,
        };
        let stem = report.stem();
        let texts = observer.format(report);
        let file = self.write_texts(job, dir, &stem, &texts)?;
        Ok((outcome, WrittenReport { file, needs }))
    }

    /// Writes a report in each format, and returns the Markdown file.
    fn write_texts(
        &self,
        job: Job,
        dir: Option<&Path>,
        stem: &str,
        texts: &[String; 2],
    ) -> Result<PathBuf, ScheduleError> {
        let [markdown, json] = texts;
        let names = REPORT_FORMATS.map(|form| format!("{stem}.{form}"));
        let Some(dir) = dir else {
            let [file, other] = names.map(|name| self.runs.report(&name));
            // The Markdown file is written last: once it exists, the report is complete.
            other.replace(json.as_bytes())?;
            file.replace(markdown.as_bytes())?;
            self.runs.prune(job)?;
            return Ok(file.path().to_owned());
        };
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        let [file, other] = names.each_ref().map(|name| dir.join(name));
        let files = [(other.as_path(), json.as_str()), (file.as_path(), markdown.as_str())];
        write_outputs(self.repo, &files, self.options.overwrite)?;
        // Any `..` in the path given as an option is resolved.
        let is_direct = !dir.components().any(|part| part == Component::ParentDir);
        let real = resolve_path(&dir).ok().filter(|_| !is_direct);
        Ok(real.map_or(file, |dir| dir.join(&names[0])))
    }
}

/// Returns the sections for a job that only reports.
fn sections_of(
    observer: &mut dyn JobObserver,
    job: Job,
    scene: &ReportContext<'_>,
) -> Result<Vec<Section>, OpsError> {
    match job {
        Job::Nightly => Ok(sections::nightly(observer, scene)),
        _ if scene.state.registry().is_none() => Ok(vec![scene.unreadable()]),
        Job::Monthly => sections::monthly(observer, scene),
        _ => sections::weekly(scene),
    }
}
