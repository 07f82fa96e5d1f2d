//! Installing timers.

use std::path::PathBuf;

use idhooks_ops::units::{UnitNotice, put, unit_text};
use idhooks_ops::{
    InstallRefusal, Notice, Observer, OpsError, PinnedSource, check_place, guard_output,
};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{BackupTarget, Job, Runs};
use idhooks_repo::transaction::now;

use super::cron::Crontab;
use super::error::ScheduleError;
use super::timer_set::TimerSet;
use super::timers::{Scheduler, Timers, home};
use super::{systemd, windows};

/// The timers to install, and how to install them.
#[derive(Debug)]
pub struct InstallTimersOptions {
    /// The scheduler that runs them.
    pub scheduler: Scheduler,
    /// The name or path that the timers call idhooks by, instead of the path of this program.
    pub program: Option<String>,
    /// Whether to heal the registry every hour as well.
    pub is_hourly: bool,
    /// The file to write HEAD's metrics to every five minutes.
    pub metrics: Option<PathBuf>,
    /// The remote to push backups to every day.
    pub backup: Option<String>,
    /// Where a workflow's jobs get idhooks from; only GitHub needs this.
    pub source: Option<PinnedSource>,
    /// The directory to write the files to, instead of installing them.
    pub output: Option<PathBuf>,
    /// Whether to replace files written by others.
    pub is_forced: bool,
    /// Whether to leave everything unchanged and only report what would be done.
    pub is_dry_run: bool,
}

/// Installs timers that write a repository's reports. Timers installed by earlier runs stay.
///
/// # Errors
/// Returns an error if a path cannot be used in timers, if files written by others would be
/// replaced, or if a file cannot be written.
pub fn install_timers(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &InstallTimersOptions,
) -> Result<(), ScheduleError> {
    let keeper = options.scheduler;
    // Without a source for idhooks, the job could not run anything.
    if keeper == Scheduler::Github && options.source.is_none() {
        return Err(ScheduleError::NoSource);
    }
    // This is only a notice, because the remote may be added later.
    options.backup.iter().filter(|remote| !is_remote(repo, remote)).for_each(|remote| {
        observer.notice(Notice::Unit(UnitNotice::NoRemote(remote.clone())));
    });
    let timers = wanted(observer, repo, options)?;
    let dir = match &options.output {
        Some(output) => output.clone(),
        None if keeper == Scheduler::Cron => {
            Crontab::read(&timers.subject)?.install(observer, options.is_dry_run)?;
            return options.note(repo, &timers.subject);
        }
        None => timers.dir(keeper)?.ok_or(OpsError::from(InstallRefusal::Bare))?,
    };
    let files = timers.files(keeper, &dir, options.source.as_ref())?;
    let is_new = put(observer, &repo.link_guard(), &files, options.is_forced, options.is_dry_run)?;
    match keeper {
        _ if !options.is_installed() => {}
        Scheduler::Systemd if is_new || !systemd::is_enabled(&timers.subject, &dir) => {
            systemd::enable(observer, &timers.subject)?;
        }
        Scheduler::Github if is_new => observer.notice(Notice::Unit(UnitNotice::NewWorkflow)),
        // No record shows whether the tasks are registered, so they are registered again.
        Scheduler::Windows => windows::register(observer, &timers.subject, &files)?,
        _ => {}
    }
    options.note(repo, &timers.subject)
}

/// Returns the timers to install, along with the jobs they should start.
fn wanted<'r>(
    observer: &mut dyn Observer,
    repo: &'r Repo,
    options: &InstallTimersOptions,
) -> Result<Timers<'r>, ScheduleError> {
    let mut timers = Timers::read(repo)?;
    let is_elsewhere = options.output.is_some();
    if let Some(search) = options.scheduler.program_search(repo.environment()) {
        let installed = match is_elsewhere {
            true => None,
            false => timers.installed_program(options.scheduler)?,
        };
        let (search, names) = (search.elsewhere(is_elsewhere), timers.subject.names);
        let named = options.program.as_deref();
        timers.subject.names =
            names.called(observer, repo, &search, named, installed.as_deref())?;
    }
    let installed = std::mem::take(&mut timers.subject.jobs);
    let is_wanted = |job: &Job| match job {
        Job::Hourly if options.is_hourly => true,
        Job::Backup if options.backup.is_some() => true,
        // Reinstalling must not remove timers from an earlier run.
        job => installed.contains(job),
    };
    timers.subject.jobs = Job::ALL.into_iter().filter(is_wanted).collect();
    if let Some(file) = &options.metrics {
        // The timer runs in a different directory, so it needs an absolute path.
        let file = std::path::absolute(file).unwrap_or_else(|_| file.clone());
        check_place(&file)?;
        guard_output(repo, &file)?;
        timers.subject.metrics = Some(unit_text(&file)?);
    }
    Ok(timers)
}

impl InstallTimersOptions {
    /// Returns whether the timers are now active.
    fn is_installed(&self) -> bool {
        !self.is_dry_run && self.output.is_none()
    }

    /// Records facts that could otherwise only be found in the timers themselves.
    fn note(&self, repo: &Repo, subject: &TimerSet) -> Result<(), ScheduleError> {
        let runs = Runs::in_dir(&repo.state_dir());
        // A workflow is a file in the repository, so a commit may remove it.
        if self.is_installed() && self.scheduler != Scheduler::Github {
            runs.note_scheduler(Some(self.scheduler.as_str()), &home(repo.environment()))?;
        }
        if self.metrics.is_some() && self.is_installed() {
            runs.note_metrics_file(subject.metrics.as_deref())?;
        }
        if self.is_hourly && self.is_installed() {
            runs.note_hourly(true)?;
        }
        // The remote must be recorded, because the timer files do not name it.
        if let Some(remote) = self.backup.clone().filter(|_| !self.is_dry_run) {
            // Whether backups are overdue depends on when pushing to this remote began.
            let known = runs.backup_target().filter(|target| target.remote == remote);
            let new = BackupTarget { remote, since: now(repo), pushed: None };
            runs.note_backup_target(Some(&known.unwrap_or(new)))?;
        }
        Ok(())
    }
}

/// Returns whether backups can be pushed to a remote: it is a configured remote's name, a URL, or
/// the path of an existing repository.
fn is_remote(repo: &Repo, remote: &str) -> bool {
    // As in git, a colon before the first slash makes it a URL or an scp-like address.
    let is_url = remote.split('/').next().is_some_and(|start| start.contains(':'));
    is_url || repo.has_remote(remote) || repo.top().join(remote).exists()
}
