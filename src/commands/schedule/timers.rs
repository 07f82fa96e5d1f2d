//! Installing, listing and removing timers, whichever program keeps them.

use std::path::{Path, PathBuf};

use crate::commands::install_report::no_work_tree;
use crate::commands::pinned_source::PinnedSource;
use crate::error::CommandError;
use crate::git::Repo;
use crate::output::Ui;
use crate::store::{Runs, StoreError};

use super::cron::{self, Crontab};
use super::files::{ExpectedFile, FileStatus, put, take_away};
use super::unit_names::UnitNames;
use super::{github, systemd, windows};

/// Who keeps timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheduler {
    Systemd,
    Cron,
    Github,
    Windows,
}

/// How a timer stands.
pub(super) struct Timer {
    pub(super) keeper: Scheduler,
    pub(super) state: &'static str,
    pub(super) place: String,
}

/// What may be said when timers are installed.
pub(super) struct TimerOptions<'a> {
    pub(super) output: Option<PathBuf>,
    /// Where a job gets idhooks; only a workflow needs it.
    pub(super) source: Option<&'a PinnedSource>,
    pub(super) force: bool,
    pub(super) dry_run: bool,
}

impl Scheduler {
    pub(super) const ALL: [Scheduler; 4] =
        [Scheduler::Systemd, Scheduler::Cron, Scheduler::Github, Scheduler::Windows];

    /// Returns the word by which it is asked for.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Scheduler::Systemd => "systemd",
            Scheduler::Cron => "cron",
            Scheduler::Github => "github",
            Scheduler::Windows => "windows",
        }
    }
}

/// The timers of a repository.
pub(super) struct Timers<'r> {
    repo: &'r Repo,
    subject: UnitNames,
}

impl<'r> Timers<'r> {
    pub(super) fn of(repo: &'r Repo) -> Result<Self, CommandError> {
        Ok(Timers { repo, subject: UnitNames::of(repo)? })
    }

    /// Returns where the files of a keeper are; nothing where it can have none.
    fn dir(&self, keeper: Scheduler) -> Result<Option<PathBuf>, CommandError> {
        Ok(match keeper {
            Scheduler::Systemd => Some(systemd::directory()?),
            Scheduler::Cron => None,
            Scheduler::Github if self.repo.is_bare() => None,
            Scheduler::Github => Some(self.repo.top().join(github::DIRECTORY)),
            Scheduler::Windows => Some(Runs::in_dir(&self.repo.state_dir()).notes()),
        })
    }

    /// Returns the files that a keeper wants in a directory.
    fn files(
        &self,
        keeper: Scheduler,
        dir: &Path,
        source: Option<&PinnedSource>,
    ) -> Result<Vec<ExpectedFile>, CommandError> {
        Ok(match keeper {
            Scheduler::Systemd => systemd::files(&self.subject, dir),
            Scheduler::Cron => {
                let path = dir.join(format!("{}.cron", self.subject.name));
                let text = cron::text(&self.subject);
                vec![ExpectedFile { path, text }]
            }
            Scheduler::Github => vec![github::file(dir, source)],
            Scheduler::Windows => windows::files(&self.subject, dir)?,
        })
    }

    /// Installs timers.
    pub(super) fn install(
        &self,
        ui: &mut Ui,
        keeper: Scheduler,
        options: &TimerOptions<'_>,
    ) -> Result<(), CommandError> {
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
                ui.hint("commit it: GitHub runs what is on the main branch");
            }
            // Whether they are registered nobody has noted.
            Scheduler::Windows => windows::register(ui, &self.subject, &files)?,
            _ => {}
        }
        Ok(())
    }

    /// Returns the timers that are installed here.
    pub(super) fn list(&self) -> Result<Vec<Timer>, CommandError> {
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

    /// Returns where files of a keeper may be; nothing where there is no place for them.
    fn home(&self, keeper: Scheduler) -> Option<PathBuf> {
        self.dir(keeper).ok().flatten()
    }

    fn state_in_crontab(&self) -> Result<Option<&'static str>, CommandError> {
        // Who must not read it has nothing there.
        let Ok(Some(crontab)) = Crontab::read_any() else { return Ok(None) };
        let state = crontab.is_current(&self.subject)?;
        Ok(state.map(|is_current| if is_current { "installed" } else { "outdated" }))
    }

    fn state_in(
        &self,
        keeper: Scheduler,
        dir: &Path,
    ) -> Result<Option<&'static str>, CommandError> {
        // A name that a task cannot hold has none.
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
            // From where it gets idhooks is noted in the file alone.
            _ if has(FileStatus::Outdated) && keeper != Scheduler::Github => Some("outdated"),
            _ if keeper == Scheduler::Systemd && !systemd::is_enabled(&self.subject, dir) => {
                Some("disabled")
            }
            _ => Some("installed"),
        })
    }

    /// Removes whatever is installed; returns whether anything was.
    pub(super) fn remove(&self, ui: &mut Ui, dry_run: bool) -> Result<bool, CommandError> {
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
