//! `idhooks schedule`: regular reports, and the timers that write them.

mod cron;
pub(super) mod files;
mod pushing;
mod repair;
mod run;
mod sections;
pub(super) mod systemd;
mod timers;
pub(super) mod windows;

use std::path::Path;

use clap::{Args, Subcommand};
use idhooks_core::plan::schedule::{Job, local_time};
use idhooks_core::registry::Timestamp;
use idhooks_ops::BackupState;
use idhooks_repo::store::{LastRun, RunOutcome, Runs};
use idhooks_repo::{git::Repo, transaction::now};
use idhooks_report::reports::backup_summary;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::json::document;
use crate::output::{Format, Ui};

use timers::{INSTALLED, Install, Timer, Timers};

/// Set up timers for reports, repairs and backups
///
/// Nightly, at 02:00: scan, uniqueness, sync and coverage. Weekly, on Monday at 06:00: the trend of
/// coverage, deprecated identities, and how many were allocated. Monthly, on the 1st at 03:00: the
/// audit log, identities deprecated over 90 days ago, and when counters will be full. Times are local;
/// on GitHub they are UTC.
///
/// With 'purge = "90d"' in the table 'schedule' of idhooks.toml, the monthly run also stages what
/// 'idhooks purge' would, unless a git operation, staged changes or changes of the registry are in
/// progress in the working tree.
///
/// Hourly, at :15, if it is installed with --hourly: what 'idhooks reconcile --commit' does. It is meant
/// for a clone that no one works in.
///
/// Daily, at 04:00, if it is installed with --backup: backs up the registry, and pushes all backups as
/// 'idhooks backup push' does. If that failed at the last two times, 'idhooks alerts', 'idhooks health' and
/// the metrics say so.
///
/// If the machine was off, a missed report is written later: by systemd and Windows themselves, by
/// cron at the next start or within the hour. GitHub skips runs when it is overloaded.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks schedule install --systemd
  idhooks schedule list

Exit code: 0 done; 1 'run' found something that needs attention; 2 an error")]
pub(super) struct Schedule {
    #[command(subcommand)]
    action: ScheduleAction,
}

#[derive(Debug, Subcommand)]
enum ScheduleAction {
    Run(run::ScheduleRun),
    Install(Install),
    /// List timers, and when each report was written and is due next
    #[command(after_help = "\
Examples:
  idhooks schedule list
  idhooks schedule list --format json")]
    List {
        /// Output format
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        format: Format,
    },
    /// Remove all timers of this repository
    ///
    /// Reports stay, and so do files that were written with --output.
    #[command(after_help = "\
Examples:
  idhooks schedule remove --dry-run
  idhooks schedule remove")]
    Remove {
        /// Show what would be removed; change nothing
        #[arg(long)]
        dry_run: bool,
    },
}

impl Schedule {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        match self.action {
            ScheduleAction::Run(run) => run.run(ui, dir),
            ScheduleAction::Install(install) => install.run(ui, dir),
            ScheduleAction::List { format } => list(ui, dir, format),
            ScheduleAction::Remove { dry_run } => {
                let repo = Repo::open_to_read(dir)?;
                if !Timers::of(&repo)?.remove(ui, dry_run)? {
                    ui.status("no timer is installed for this repository");
                }
                Ok(Exit::Fine)
            }
        }
    }
}

/// The state of a job.
#[derive(Serialize)]
struct JobLine {
    job: Job,
    is_due: bool,
    last: Option<LastRun>,
    /// When it is due next; nothing if no timer of idhooks runs it.
    #[serde(rename = "next_at")]
    next: Option<Timestamp>,
}

/// What `schedule list` shows.
#[derive(Serialize)]
pub(super) struct ScheduleList {
    jobs: Vec<JobLine>,
    timers: Vec<Timer>,
    /// The file to which a timer writes metrics.
    metrics: Option<String>,
    /// Where a timer pushes backups to, and whether they arrive.
    backup: Option<BackupState>,
}

impl ScheduleList {
    /// Reads the state of all jobs and timers of a repository.
    ///
    /// # Errors
    /// Returns an error if the files of timers cannot be read.
    pub(super) fn of(repo: &Repo, zone: &TimeZone) -> CommandResult<Self> {
        let (runs, now) = (Runs::in_dir(&repo.state_dir()), now());
        let timed = runs.jobs();
        // What a timer of the user runs is listed, too.
        let jobs = Job::ALL.into_iter().filter_map(|job| {
            let (last, is_timed) = (runs.last(job), timed.contains(&job));
            let done = last.as_ref().and_then(|run| run.done);
            let is_due = is_timed && job.is_due(done, now, zone);
            let next = is_timed.then(|| job.next_planned(now, zone));
            (is_timed || last.is_some()).then_some(JobLine { job, last, is_due, next })
        });
        // A repository with a name that no timer can hold has no timers.
        let timers = Timers::of(repo).map_or(Ok(Vec::new()), |timers| {
            let mut found = timers.list()?;
            found.extend(timers.missing(&found));
            Ok::<_, CommandError>(found)
        })?;
        let (metrics, backup) = (runs.metrics_file(), BackupState::of(repo));
        Ok(ScheduleList { jobs: jobs.collect(), timers, metrics, backup })
    }

    /// Returns the timers and the last runs in a line, and whether all of them are as they should be.
    pub(super) fn summary(&self, zone: &TimeZone) -> (bool, String) {
        let timers = self.timers.iter().map(|timer| format!("{}: {}", timer.keeper, timer.state));
        let runs = self.jobs.iter().filter_map(|line| {
            let LastRun { at, outcome, .. } = line.last.as_ref()?;
            Some(format!("{} {} ({outcome})", line.job, local_time(*at, zone)))
        });
        let words: Vec<String> = timers.chain(runs).collect();
        let has_failed = |line: &JobLine| {
            line.last.as_ref().is_some_and(|run| run.outcome == RunOutcome::Failed)
        };
        let is_well = self.timers.iter().all(|timer| timer.state == INSTALLED)
            && !self.jobs.iter().any(has_failed);
        (is_well, if words.is_empty() { "none installed".to_owned() } else { words.join(", ") })
    }
}

fn list(ui: &mut Ui, dir: &Path, format: Format) -> CommandResult<Exit> {
    let (repo, zone) = (Repo::open_to_read(dir)?, TimeZone::system());
    let list = ScheduleList::of(&repo, &zone)?;
    match format {
        Format::Json => ui.data(&document(&list)),
        Format::Text => {
            ui.table(list.jobs.into_iter().map(|line| {
                let at =
                    |run: LastRun| format!("last {} ({})", local_time(run.at, &zone), run.outcome);
                let due = if line.is_due { ", due now" } else { "" };
                let next = line.next.map_or_else(
                    || "next when a timer of your own runs it".to_owned(),
                    |next| format!("next {}{due}", local_time(next, &zone)),
                );
                let last = line.last.map_or_else(|| "never ran".to_owned(), at);
                [line.job.to_string(), last, next]
            }));
            let timer = |t: &Timer| format!("{}: {} ({})", t.keeper, t.state, t.place);
            ui.lines(list.timers.iter().map(timer));
            if let Some(file) = &list.metrics {
                ui.line(&format!("metrics: every five minutes, to '{file}'"));
            }
            if let Some(backup) = &list.backup {
                ui.line(&format!("backups: {}", backup_summary(backup)));
            }
            if list.timers.is_empty() {
                ui.hint("no timer is installed; to install one: idhooks schedule install --systemd, or --cron, --github, --windows");
            }
        }
    }
    Ok(Exit::Fine)
}
