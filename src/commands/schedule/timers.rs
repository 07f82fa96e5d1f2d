//! Installing, listing and removing timers, for every kind of scheduler.

use std::path::{Path, PathBuf};

use idhooks_repo::git::Repo;
use idhooks_repo::store::{Runs, StoreError};
use serde::Serialize;

use crate::commands::install_report::no_work_tree;
use crate::commands::pinned_source::{PinnedSource, filled};
use crate::error::CommandResult;
use crate::output::Ui;

use super::cron::{self, Crontab};
use super::files::{ExpectedFile, FileStatus, put, take_away};
use super::unit_names::UnitNames;
use super::{systemd, windows};

idhooks_core::words! {
    /// The kind of scheduler that runs timers.
    pub(super) enum Scheduler {
        Systemd = "systemd",
        Cron = "cron",
        Github = "github",
        Windows = "windows",
    }
}

/// An installed timer and its state.
#[derive(Serialize)]
pub(super) struct Timer {
    #[serde(rename = "kind")]
    pub(super) keeper: Scheduler,
    pub(super) state: &'static str,
    pub(super) place: String,
}

/// The options for installing timers.
pub(super) struct TimerOptions<'a> {
    pub(super) output: Option<PathBuf>,
    /// Where a job gets idhooks from; only a workflow needs it.
    pub(super) source: Option<&'a PinnedSource>,
    pub(super) force: bool,
    pub(super) dry_run: bool,
}

/// The timers of a repository.
pub(super) struct Timers<'r> {
    repo: &'r Repo,
    subject: UnitNames,
}

impl<'r> Timers<'r> {
    pub(super) fn of(repo: &'r Repo) -> CommandResult<Self> {
        Ok(Timers { repo, subject: UnitNames::of(repo)? })
    }

    /// Returns the directory for the files of a scheduler; nothing if it has no files.
    fn dir(&self, keeper: Scheduler) -> CommandResult<Option<PathBuf>> {
        Ok(match keeper {
            Scheduler::Systemd => Some(systemd::directory()?),
            Scheduler::Cron => None,
            Scheduler::Github if self.repo.is_bare() => None,
            Scheduler::Github => Some(self.repo.top().join(".github/workflows")),
            Scheduler::Windows => Some(Runs::in_dir(&self.repo.state_dir()).notes()),
        })
    }

    /// Returns the files that a scheduler needs in a directory.
    fn files(
        &self,
        keeper: Scheduler,
        dir: &Path,
        source: Option<&PinnedSource>,
    ) -> CommandResult<Vec<ExpectedFile>> {
        Ok(match keeper {
            Scheduler::Systemd => systemd::files(&self.subject, dir),
            Scheduler::Cron => {
                let path = dir.join(format!("{}.cron", self.subject.name));
                let text = cron::text(&self.subject);
                vec![ExpectedFile { path, text }]
            }
            Scheduler::Github => vec![workflow(dir, source)],
            Scheduler::Windows => windows::files(&self.subject, dir)?,
        })
    }

    /// Installs timers.
    pub(super) fn install(
        &self,
        ui: &mut Ui,
        keeper: Scheduler,
        options: &TimerOptions<'_>,
    ) -> CommandResult<()> {
        let TimerOptions { source, force, dry_run, .. } = *options;
        if let Some(dir) = &options.output {
            let files = self.files(keeper, dir, source)?;
            put(ui, &self.repo.link_guard(), &files, force, dry_run)?;
            return Ok(());
        }
        if keeper == Scheduler::Cron {
            return Crontab::read()?.install(ui, &self.subject, dry_run);
        }
        let Some(dir) = self.dir(keeper)? else { return Err(no_work_tree(true)) };
        let files = self.files(keeper, &dir, source)?;
        let is_new = put(ui, &self.repo.link_guard(), &files, force, dry_run)?;
        match keeper {
            _ if dry_run => {}
            Scheduler::Systemd if is_new || !systemd::is_enabled(&self.subject, &dir) => {
                systemd::enable(ui, &self.subject)?;
            }
            Scheduler::Github if is_new => {
                ui.hint("commit it: GitHub runs the workflows of the main branch");
            }
            // Nothing records whether the tasks are registered, so they are registered again.
            Scheduler::Windows => windows::register(ui, &self.subject, &files)?,
            _ => {}
        }
        Ok(())
    }

    /// Returns the timers that are installed here.
    pub(super) fn list(&self) -> CommandResult<Vec<Timer>> {
        let mut found = Vec::new();
        for keeper in Scheduler::ALL {
            let (state, place) = match (keeper, self.home(keeper)) {
                (Scheduler::Cron, _) => (self.state_in_crontab()?, "crontab -l".to_owned()),
                (_, None) => continue,
                (_, Some(dir)) => (self.state_in(keeper, &dir)?, dir.display().to_string()),
            };
            found.extend(state.map(|state| Timer { keeper, state, place }));
        }
        Ok(found)
    }

    /// Returns the directory where files of a scheduler may be; nothing if there is none.
    fn home(&self, keeper: Scheduler) -> Option<PathBuf> {
        self.dir(keeper).ok().flatten()
    }

    fn state_in_crontab(&self) -> CommandResult<Option<&'static str>> {
        // A user who may not read the crontab has nothing in it.
        let Ok(Some(crontab)) = Crontab::read_any() else { return Ok(None) };
        let state = crontab.is_current(&self.subject)?;
        Ok(state.map(|is_current| if is_current { "installed" } else { "outdated" }))
    }

    fn state_in(&self, keeper: Scheduler, dir: &Path) -> CommandResult<Option<&'static str>> {
        // A repository with a name that a task cannot hold has no tasks.
        let Ok(files) = self.files(keeper, dir, None) else { return Ok(None) };
        let standings: Result<Vec<FileStatus>, StoreError> =
            files.iter().map(ExpectedFile::standing).collect();
        let standings = standings?;
        let has = |standing| standings.contains(&standing);
        let is_there =
            |standing: &FileStatus| !matches!(standing, FileStatus::Missing | FileStatus::Foreign);
        Ok(match standings.iter().filter(|standing| is_there(standing)).count() {
            0 => None,
            _ if has(FileStatus::Changed) => Some("changed"),
            there if there < standings.len() => Some("incomplete"),
            // Only the file records where the workflow gets idhooks from.
            _ if has(FileStatus::Outdated) && keeper != Scheduler::Github => Some("outdated"),
            _ if keeper == Scheduler::Systemd && !systemd::is_enabled(&self.subject, dir) => {
                Some("disabled")
            }
            _ => Some("installed"),
        })
    }

    /// Removes all installed timers; returns whether there were any.
    pub(super) fn remove(&self, ui: &mut Ui, dry_run: bool) -> CommandResult<bool> {
        let mut is_any = false;
        for Timer { keeper, .. } in self.list()? {
            is_any = true;
            let Some(dir) = self.home(keeper) else {
                Crontab::read()?.remove(ui, &self.subject, dry_run)?;
                continue;
            };
            let files = self.files(keeper, &dir, None)?;
            match keeper {
                _ if dry_run => {}
                Scheduler::Systemd => systemd::disable(ui, &self.subject)?,
                Scheduler::Windows => windows::unregister(ui, &self.subject)?,
                _ => {}
            }
            take_away(ui, &self.repo.link_guard(), &files, dry_run)?;
            if keeper == Scheduler::Systemd && !dry_run {
                systemd::forget(&self.subject, &dir)?;
            }
        }
        Ok(is_any)
    }
}

/// Returns the workflow. Without a source it only serves to recognise a workflow that was written
/// before, by the name of the file and the mark in it.
fn workflow(dir: &Path, source: Option<&PinnedSource>) -> ExpectedFile {
    let install = source.map(PinnedSource::action_step).unwrap_or_default().join("\n        ");
    let text = filled(include_str!("templates/github.yml"), &[("@INSTALL@", &install)]);
    ExpectedFile::new(dir.join("idhooks-schedule.yml"), &text)
}
