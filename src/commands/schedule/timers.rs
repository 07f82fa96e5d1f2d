//! Installing, listing and removing timers, for every kind of scheduler.

use clap::{ArgGroup, Args};
use idhooks_core::plan::schedule::Job;
use idhooks_ops::{CiProvider, InstallRefusal, PinnedSource, filled, guard_output};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{BackupTarget, Runs};
use idhooks_repo::transaction::now;
use serde::Serialize;
use std::path::{Component, Path, PathBuf};

use super::cron::{self, Crontab};
use super::files::{ExpectedFile, FileStatus, UnitNames, put, take_away, text};
use super::{systemd, windows};
use crate::commands::output_file::check_place;
use crate::commands::source_args::SourceArgs;
use crate::error::{CommandError, CommandResult, Exit, name_a_source};
use crate::output::{Ui, shell_quoted};

idhooks_core::words! {
    /// The kind of scheduler that runs timers.
    pub(super) enum Scheduler {
        Systemd = "systemd",
        Cron = "cron",
        Github = "github",
        Windows = "windows",
    }
}

/// The state of a timer that is as it should be.
pub(super) const INSTALLED: &str = "installed";

/// An installed timer and its state.
#[derive(Serialize)]
pub(super) struct Timer {
    #[serde(rename = "kind")]
    pub(super) keeper: Scheduler,
    pub(super) state: &'static str,
    pub(super) place: String,
}

/// Install timers that write the reports of this repository
///
/// You can run this again at any time. Files that were edited by hand, or that another program wrote,
/// are only replaced with --force; the marked lines in a crontab always belong to idhooks. The timers
/// use this program and the main working tree.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("keeper")
        .required(true)
        .multiple(false)
        .args(["systemd", "cron", "github", "windows"]),
    after_help = "\
Examples:
  idhooks schedule install --systemd
  idhooks schedule install --cron --dry-run
  idhooks schedule install --systemd --metrics /var/lib/node_exporter/identities.prom
  idhooks schedule install --systemd --backup backups     the name of a remote
  idhooks schedule install --github --from \"$SOURCE\"     pinned: see --from
  idhooks schedule install --windows --output tasks/"
)]
pub(super) struct Install {
    /// Use systemd: units of this user, enabled if possible
    #[arg(long)]
    systemd: bool,
    /// Use cron: lines in the crontab of this user
    #[arg(long)]
    cron: bool,
    /// Use GitHub Actions: a workflow in the working tree
    #[arg(long)]
    github: bool,
    /// Use the Task Scheduler of Windows
    #[arg(long)]
    windows: bool,
    /// Also heal the registry every hour, as 'idhooks reconcile --commit' does
    ///
    /// For a clone that no one works in. Later runs of this command keep the timer, until the timers
    /// are removed. With --github, a workflow of its own keeps one pull request up to date.
    #[arg(long)]
    hourly: bool,
    /// Also write the metrics of HEAD to this file every five minutes
    ///
    /// As 'idhooks metrics --rev HEAD --output FILE' does. Later runs of this command keep the
    /// file, until another one is named or the timers are removed.
    #[arg(long, value_name = "FILE", conflicts_with = "github")]
    metrics: Option<PathBuf>,
    /// Also push the backups of the registry to this remote every day
    ///
    /// As 'idhooks backup create' and 'idhooks backup push' do. The timer must be able to push without a
    /// password. Later runs of this command keep the remote, until another one is named or the timers are
    /// removed.
    #[arg(long, value_name = "REMOTE", conflicts_with = "github")]
    backup: Option<String>,
    #[command(flatten)]
    source: SourceArgs,
    /// Only write the files to this directory; you register them yourself
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Show what would be written; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Replace existing files
    #[arg(long)]
    force: bool,
}

impl Install {
    /// Runs the command.
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open_to_read(dir)?;
        let source = match (self.github, self.source.named()?) {
            (true, None) => {
                let error = CommandError::new("no source of idhooks for the job is named");
                return Err(name_a_source(error, "idhooks schedule install --github"));
            }
            (true, source) => source,
            (false, None) => None,
            (false, Some(_)) => {
                return Err(CommandError::new("--from and --install only apply to --github")
                    .hint("leave them out: timers on this machine run the installed idhooks"));
            }
        };
        self.backup.iter().for_each(|remote| warn_of_missing(ui, &repo, remote));
        let mut timers = Timers::of(&repo)?;
        let installed = std::mem::take(&mut timers.subject.jobs);
        let is_wanted = |job: &Job| match job {
            Job::Hourly if self.hourly => true,
            Job::Backup if self.backup.is_some() => true,
            job => installed.contains(job),
        };
        timers.subject.jobs = Job::ALL.into_iter().filter(is_wanted).collect();
        if let Some(file) = &self.metrics {
            let file = std::path::absolute(dir.join(file)).unwrap_or_else(|_| dir.join(file));
            check_place(&file)?;
            guard_output(&repo, &file)?;
            timers.subject.metrics = Some(text(&file)?);
        }
        let subject = &timers.subject;
        // In the order of `Scheduler::ALL`.
        let chosen = [self.systemd, self.cron, self.github].iter().position(|chosen| *chosen);
        let keeper = chosen.map_or(Scheduler::Windows, |at| Scheduler::ALL[at]);
        let dir = match &self.output {
            Some(output) => {
                // As the user wrote it.
                let is_there = |part: &Component<'_>| *part == Component::CurDir;
                dir.join(output).components().filter(|part| !is_there(part)).collect()
            }
            None if keeper == Scheduler::Cron => {
                Crontab::read(subject)?.install(ui, self.dry_run)?;
                return self.note(&repo, subject, keeper);
            }
            None => timers.dir(keeper)?.ok_or(InstallRefusal::Bare)?,
        };
        let files = timers.files(keeper, &dir, source.as_ref())?;
        let is_new = put(ui, &repo.link_guard(), &files, self.force, self.dry_run)?;
        match keeper {
            _ if self.dry_run || self.output.is_some() => {}
            Scheduler::Systemd if is_new || !systemd::is_enabled(subject, &dir) => {
                systemd::enable(ui, subject)?;
            }
            Scheduler::Github if is_new => {
                ui.hint("commit it: GitHub runs the workflows of the main branch");
            }
            // Nothing records whether the tasks are registered, so they are registered again.
            Scheduler::Windows => windows::register(ui, subject, &files)?,
            _ => {}
        }
        self.note(&repo, subject, keeper)
    }

    /// Records what only the timers would know otherwise.
    fn note(&self, repo: &Repo, subject: &UnitNames, keeper: Scheduler) -> CommandResult<Exit> {
        let runs = Runs::in_dir(&repo.state_dir());
        let is_installed = !self.dry_run && self.output.is_none();
        // A workflow is a file of the repository, which may remove it.
        if is_installed && keeper != Scheduler::Github {
            runs.note_scheduler(Some(keeper.as_str()), &home())?;
        }
        if self.metrics.is_some() && is_installed {
            runs.note_metrics_file(subject.metrics.as_deref())?;
        }
        if self.hourly && is_installed {
            runs.note_hourly(true)?;
        }
        // No file of a timer has the remote.
        if let Some(remote) = self.backup.clone().filter(|_| !self.dry_run) {
            let known = runs.backup_target().filter(|target| target.remote == remote);
            let new = BackupTarget { remote, since: now(), pushed: None };
            runs.note_backup_target(Some(&known.unwrap_or(new)))?;
        }
        Ok(Exit::Fine)
    }
}

/// Returns the home directory, which tells the timers of one user from those of another.
fn home() -> String {
    let home = ["HOME", "USERPROFILE"].into_iter().find_map(std::env::var_os);
    home.unwrap_or_default().to_string_lossy().into_owned()
}

/// The timers of a repository.
pub(super) struct Timers<'r> {
    repo: &'r Repo,
    pub(super) subject: UnitNames,
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
                vec![ExpectedFile { path, text: cron::text(&self.subject) }]
            }
            // Without a source, the workflow only serves to recognise one that was written before, by the
            // name of the file and the mark in it.
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

    /// Returns the timers that are installed here.
    pub(super) fn list(&self) -> CommandResult<Vec<Timer>> {
        let mut found = Vec::new();
        for keeper in Scheduler::ALL {
            let (state, place) = match (keeper, self.dir(keeper).ok().flatten()) {
                (Scheduler::Cron, _) => {
                    // A user who may not read the crontab has nothing in it.
                    let crontab = Crontab::read_any(&self.subject).ok().flatten();
                    let state = crontab.map(|crontab| crontab.is_current()).transpose()?.flatten();
                    let word = |is_current| if is_current { INSTALLED } else { "outdated" };
                    (state.map(word), "crontab -l".to_owned())
                }
                (_, None) => continue,
                (_, Some(dir)) => (self.state_in(keeper, &dir)?, dir.display().to_string()),
            };
            found.extend(state.map(|state| Timer { keeper, state, place }));
        }
        Ok(found)
    }

    /// Returns the timers that were installed and should be among `found`, but are not.
    pub(super) fn missing(&self, found: &[Timer]) -> Vec<Timer> {
        let noted = Runs::in_dir(&self.repo.state_dir()).schedulers(&home());
        let is_gone = |keeper: &Scheduler| {
            noted.iter().any(|word| word == keeper.as_str())
                && !found.iter().any(|timer| timer.keeper == *keeper)
        };
        let place = |keeper| match self.dir(keeper).ok().flatten() {
            Some(dir) => dir.display().to_string(),
            None => "crontab -l".to_owned(),
        };
        let missing = Scheduler::ALL.into_iter().filter(is_gone);
        missing.map(|keeper| Timer { keeper, state: "missing", place: place(keeper) }).collect()
    }

    fn state_in(&self, keeper: Scheduler, dir: &Path) -> CommandResult<Option<&'static str>> {
        // A repository with a name that a task cannot hold has no tasks.
        let Ok(files) = self.files(keeper, dir, None) else { return Ok(None) };
        let found = files.iter().map(ExpectedFile::standing).collect::<Result<Vec<_>, _>>()?;
        let has = |status| found.contains(&status);
        let is_gone =
            |status: &FileStatus| matches!(status, FileStatus::Missing | FileStatus::Foreign);
        Ok(Some(match found.iter().filter(|status| is_gone(status)).count() {
            gone if gone == found.len() => return Ok(None),
            _ if has(FileStatus::Changed) => "changed",
            1.. => "incomplete",
            // Only the file records where the workflow gets idhooks from.
            _ if has(FileStatus::Outdated) && keeper != Scheduler::Github => "outdated",
            _ if keeper == Scheduler::Systemd && !systemd::is_enabled(&self.subject, dir) => {
                "disabled"
            }
            _ => INSTALLED,
        }))
    }

    /// Removes all installed timers; returns whether there were any.
    pub(super) fn remove(&self, ui: &mut Ui, dry_run: bool) -> CommandResult<bool> {
        let mut is_any = false;
        for Timer { keeper, .. } in self.list()? {
            is_any = true;
            let Ok(Some(dir)) = self.dir(keeper) else {
                Crontab::read(&self.subject)?.remove(ui, dry_run)?;
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
        if !dry_run {
            let runs = Runs::in_dir(&self.repo.state_dir());
            runs.note_metrics_file(None)?;
            runs.note_hourly(false)?;
            runs.note_backup_target(None)?;
            runs.note_scheduler(None, &home())?;
        }
        Ok(is_any)
    }
}

/// Warns if backups cannot be pushed to a remote: it is neither the name of a remote, nor a URL or a path of a
/// repository that exists.
fn warn_of_missing(ui: &mut Ui, repo: &Repo, remote: &str) {
    let is_url = remote.split('/').next().is_some_and(|start| start.contains(':'));
    if !is_url && !repo.has_remote(remote) && !repo.top().join(remote).exists() {
        ui.warning(&format!(
            "'{remote}' is not a remote of this repository: no backup can be pushed there"
        ));
        ui.hint(&format!("add it: git remote add {} URL", shell_quoted(remote)));
    }
}
