//! Lists and removes a repository's timers, for every kind of scheduler.

use std::path::{Path, PathBuf};

use idhooks_ops::units::systemd::directory;
use idhooks_ops::units::{
    ExpectedFile, ProgramSearch, UnitFileStatus, UnitFormat, systemd as systemd_units, take_away,
    windows as windows_tasks,
};
use idhooks_ops::{CiProvider, Observer, PinnedSource, filled};
use idhooks_repo::environment::Environment;
use idhooks_repo::git::Repo;
use idhooks_repo::store::{Job, Runs};
use serde::Serialize;

use crate::metrics::{Alert, AlertCondition};

use super::cron::{self, Crontab};
use super::error::ScheduleError;
use super::timer_set::TimerSet;
use super::{systemd, windows};

idhooks_core::words! {
    /// The kind of scheduler that runs timers.
    pub enum Scheduler {
        /// systemd, for the current user.
        Systemd = "systemd",
        /// A user's crontab.
        Cron = "cron",
        /// GitHub Actions.
        Github = "github",
        /// The Windows Task Scheduler.
        Windows = "windows",
    }
}

idhooks_core::words! {
    /// A timer's state.
    pub enum TimerState {
        /// It is up to date.
        Installed = "installed",
        /// It was written by an earlier version of idhooks.
        Outdated = "outdated",
        /// The program that it calls does not exist any more.
        Broken = "broken",
        /// Someone changed one of its files.
        Changed = "changed",
        /// One of its files is missing.
        Incomplete = "incomplete",
        /// It is installed, but the system does not run it.
        Disabled = "disabled",
        /// It was installed before, but is gone.
        Missing = "missing",
    }
}

/// An installed timer and its state.
#[derive(Debug, Serialize)]
pub struct Timer {
    /// The scheduler that runs it.
    #[serde(rename = "kind")]
    pub keeper: Scheduler,
    /// Its state.
    pub state: TimerState,
    /// The location: a directory, or the command that shows the timer.
    pub place: String,
    /// The program that it calls.
    #[serde(skip)]
    pub program: Option<String>,
}

impl Timer {
    /// Returns why a broken timer does not run, as a sentence without a full stop.
    pub fn fault(&self) -> Option<String> {
        let program = self.program.as_ref().filter(|_| self.state == TimerState::Broken)?;
        let keeper = self.keeper;
        Some(format!("the timers of {keeper} call '{program}', which does not exist or cannot run"))
    }

    /// Returns the command that makes a broken timer call the program that runs the command.
    pub fn remedy(&self) -> String {
        format!("idhooks schedule install --{}", self.keeper)
    }
}

/// Returns an alert for each scheduler whose timers call a program that does not exist any more.
pub fn timer_alerts(repo: &Repo) -> Vec<Alert> {
    let noted = Runs::in_dir(&repo.state_dir()).schedulers(&home(repo.environment()));
    // Most clones have no timers, and cron need not be asked.
    if noted.is_empty() {
        return Vec::new();
    }
    let timers = Timers::read(repo).and_then(|timers| timers.list()).unwrap_or_default();
    let alert = |timer: &Timer| {
        let help = format!("install them again: {}", timer.remedy());
        Some(Alert::new(AlertCondition::TimerBroken, timer.fault()?, &help))
    };
    timers.iter().filter_map(alert).collect()
}

impl Scheduler {
    /// Returns where this scheduler looks for programs; `None` if its jobs install one of their own.
    pub(super) fn program_search(self, environment: &Environment) -> Option<ProgramSearch> {
        match self {
            Scheduler::Systemd => Some(systemd_units::program_search(environment)),
            Scheduler::Cron => Some(cron::program_search(environment)),
            Scheduler::Windows => Some(windows_tasks::program_search(environment)),
            Scheduler::Github => None,
        }
    }
}

/// The command that shows cron timers.
const CRONTAB: &str = "crontab -l";

/// Removes all of a repository's timers, but not its reports. Returns whether there were any
/// timers.
///
/// # Errors
/// Returns an error if a file cannot be removed, or a system program cannot be started.
pub fn remove_timers(
    observer: &mut dyn Observer,
    repo: &Repo,
    dry_run: bool,
) -> Result<bool, ScheduleError> {
    Timers::read(repo)?.remove(observer, dry_run)
}

/// Returns the home directory, which distinguishes the timers of different users.
pub(super) fn home(environment: &Environment) -> String {
    let home = ["HOME", "USERPROFILE"].into_iter().find_map(|name| environment.var(name));
    home.unwrap_or_default().to_string_lossy().into_owned()
}

/// A repository's timers.
pub(super) struct Timers<'r> {
    repo: &'r Repo,
    pub(super) subject: TimerSet,
}

impl<'r> Timers<'r> {
    pub(super) fn read(repo: &'r Repo) -> Result<Self, ScheduleError> {
        Ok(Timers { repo, subject: TimerSet::read(repo)? })
    }

    /// Returns the directory for a scheduler's files; `None` if the scheduler uses no files.
    pub(super) fn dir(&self, keeper: Scheduler) -> Result<Option<PathBuf>, ScheduleError> {
        Ok(match keeper {
            Scheduler::Systemd => Some(directory(self.repo.environment())?),
            Scheduler::Cron => None,
            Scheduler::Github if self.repo.is_bare() => None,
            Scheduler::Github => Some(self.repo.top().join(".github/workflows")),
            Scheduler::Windows => Some(Runs::in_dir(&self.repo.state_dir()).notes()),
        })
    }

    /// Returns the files that a scheduler needs in a directory.
    pub(super) fn files(
        &self,
        keeper: Scheduler,
        dir: &Path,
        source: Option<&PinnedSource>,
    ) -> Result<Vec<ExpectedFile>, ScheduleError> {
        Ok(match keeper {
            Scheduler::Systemd => systemd::files(&self.subject, dir),
            Scheduler::Cron => {
                let path = dir.join(format!("{}.cron", self.subject.names.name));
                vec![ExpectedFile { path, text: cron::text(&self.subject) }]
            }
            // Without a source, the workflow is only used to recognize an existing workflow file by
            // its name and the mark in it.
            Scheduler::Github => {
                let steps = source.map(PinnedSource::action_step).unwrap_or_default();
                let values = [("@INSTALL@", &*steps.join("\n        "))];
                let workflow = filled(include_str!("templates/github.yml"), &values);
                let reports = ExpectedFile::new(dir.join("idhooks-schedule.yml"), &workflow);
                let mut files = vec![reports];
                if self.subject.jobs.contains(&Job::Hourly) {
                    let (branch, install) = (self.repo.main_branch()?, values[0].1);
                    let text = CiProvider::Github.heal_text("@MARK@", &branch, install);
                    files.push(ExpectedFile::new(dir.join("idhooks-heal.yml"), &text));
                }
                files
            }
            Scheduler::Windows => windows::files(&self.subject, dir)?,
        })
    }

    /// Returns the timers installed here.
    pub(super) fn list(&self) -> Result<Vec<Timer>, ScheduleError> {
        let mut found = Vec::new();
        for keeper in Scheduler::ALL {
            let (state, place, program) = match (keeper, self.dir(keeper).ok().flatten()) {
                (Scheduler::Cron, _) => {
                    // A user who is not allowed to read the crontab has no entries in it.
                    let crontab = Crontab::read_any(&self.subject).ok().flatten();
                    let Some(crontab) = crontab else { continue };
                    let of = |is_current| match is_current {
                        true => TimerState::Installed,
                        false => TimerState::Outdated,
                    };
                    (crontab.is_current()?.map(of), CRONTAB.to_owned(), crontab.program()?)
                }
                (_, None) => continue,
                (_, Some(dir)) => {
                    let program = self.program_in(keeper, &dir)?;
                    let state = self.calling(program.as_ref()).state_in(keeper, &dir)?;
                    (state, dir.display().to_string(), program)
                }
            };
            let search = keeper.program_search(self.repo.environment());
            let is_gone = search
                .zip(program.as_ref())
                .is_some_and(|(search, program)| !search.finds(program));
            let state = state.map(|state| match state {
                // Files that were changed or are missing are the greater problem.
                TimerState::Changed | TimerState::Incomplete => state,
                _ if is_gone => TimerState::Broken,
                state => state,
            });
            found.extend(state.map(|state| Timer { keeper, state, place, program }));
        }
        Ok(found)
    }

    /// Returns the program that a scheduler's installed timers call, if idhooks wrote them.
    pub(super) fn installed_program(
        &self,
        keeper: Scheduler,
    ) -> Result<Option<String>, ScheduleError> {
        match (keeper, self.dir(keeper)?) {
            (Scheduler::Cron, _) => {
                let crontab = Crontab::read_any(&self.subject)?;
                crontab.map_or(Ok(None), |crontab| crontab.program())
            }
            (_, Some(dir)) => self.program_in(keeper, &dir),
            (_, None) => Ok(None),
        }
    }

    /// Returns the program that a scheduler's files in a directory call.
    fn program_in(&self, keeper: Scheduler, dir: &Path) -> Result<Option<String>, ScheduleError> {
        let format = match keeper {
            Scheduler::Systemd => UnitFormat::Systemd,
            Scheduler::Windows => UnitFormat::Task,
            Scheduler::Cron | Scheduler::Github => return Ok(None),
        };
        for file in self.files(keeper, dir, None).unwrap_or_default() {
            let text = ExpectedFile::written_text(&file.path)?;
            if let Some(program) = text.and_then(|text| format.program(&text)) {
                return Ok(Some(program));
            }
        }
        Ok(None)
    }

    /// Returns the same timers with this program, if any.
    fn calling(&self, program: Option<&String>) -> Self {
        let mut subject = self.subject.clone();
        subject.names.program.clone_from(program.unwrap_or(&self.subject.names.program));
        Timers { repo: self.repo, subject }
    }

    /// Returns the timers that were installed but are missing from `found`.
    pub(super) fn missing(&self, found: &[Timer]) -> Vec<Timer> {
        // Another user's timers are not visible here, so they would all seem to be missing.
        let noted = Runs::in_dir(&self.repo.state_dir()).schedulers(&home(self.repo.environment()));
        let is_gone = |keeper: &Scheduler| {
            noted.iter().any(|word| word == keeper.as_str())
                && !found.iter().any(|timer| timer.keeper == *keeper)
        };
        let place = |keeper| match self.dir(keeper).ok().flatten() {
            Some(dir) => dir.display().to_string(),
            None => CRONTAB.to_owned(),
        };
        let missing = Scheduler::ALL.into_iter().filter(is_gone);
        let timer = |keeper| Timer {
            keeper,
            state: TimerState::Missing,
            place: place(keeper),
            program: None,
        };
        missing.map(timer).collect()
    }

    fn state_in(&self, keeper: Scheduler, dir: &Path) -> Result<Option<TimerState>, ScheduleError> {
        // If the repository's name cannot be used in tasks, the repository has no tasks.
        let Ok(files) = self.files(keeper, dir, None) else { return Ok(None) };
        let found = files.iter().map(ExpectedFile::standing).collect::<Result<Vec<_>, _>>()?;
        let has = |status| found.contains(&status);
        let is_gone = |status: &UnitFileStatus| {
            matches!(status, UnitFileStatus::Missing | UnitFileStatus::Foreign)
        };
        Ok(Some(match found.iter().filter(|status| is_gone(status)).count() {
            gone if gone == found.len() => return Ok(None),
            _ if has(UnitFileStatus::Changed) => TimerState::Changed,
            1.. => TimerState::Incomplete,
            // Only the file itself records where the workflow gets idhooks from.
            _ if has(UnitFileStatus::Outdated) && keeper != Scheduler::Github => {
                TimerState::Outdated
            }
            _ if keeper == Scheduler::Systemd && !systemd::is_enabled(&self.subject, dir) => {
                TimerState::Disabled
            }
            _ => TimerState::Installed,
        }))
    }

    /// Removes all installed timers; returns whether there were any.
    fn remove(&self, observer: &mut dyn Observer, dry_run: bool) -> Result<bool, ScheduleError> {
        let found = self.list()?;
        for keeper in found.iter().map(|timer| timer.keeper) {
            let Ok(Some(dir)) = self.dir(keeper) else {
                Crontab::read(&self.subject)?.remove(observer, dry_run)?;
                continue;
            };
            let files = self.files(keeper, &dir, None)?;
            match keeper {
                _ if dry_run => {}
                // Disabling timers requires their unit files, so it is done before the files are
                // removed.
                Scheduler::Systemd => systemd::disable(observer, &self.subject)?,
                Scheduler::Windows => windows::unregister(observer, &self.subject)?,
                _ => {}
            }
            take_away(observer, &self.repo.link_guard(), &files, dry_run)?;
            // Without this, systemd would keep the removed units in memory.
            if keeper == Scheduler::Systemd && !dry_run {
                systemd::forget(&self.subject, &dir)?;
            }
        }
        if !dry_run {
            let runs = Runs::in_dir(&self.repo.state_dir());
            runs.note_metrics_file(None)?;
            runs.note_hourly(false)?;
            // Without this, the health check would wait for backups that are no longer pushed.
            runs.note_backup_target(None)?;
            runs.note_scheduler(None, &home(self.repo.environment()))?;
        }
        Ok(!found.is_empty())
    }
}
