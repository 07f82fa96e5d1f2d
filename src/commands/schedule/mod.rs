//! `idhooks schedule`: regular reports, and the timers that write them.

mod cron;
mod files;
mod run;
mod sections;
mod systemd;
mod timers;
mod windows;

use std::path::Path;

use clap::{Args, Subcommand};
use idhooks_core::plan::schedule::{Job, local_time};
use idhooks_core::registry::Timestamp;
use idhooks_repo::store::{LastRun, Runs};
use idhooks_repo::{git::Repo, transaction::now};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::error::{CommandResult, Exit};
use crate::output::json::document;
use crate::output::{Format, Ui};

use timers::{Install, Timer, Timers};

/// Set up a timer for nightly, weekly and monthly reports
///
/// Nightly, at 02:00: scan, uniqueness, sync and coverage. Weekly, on Monday at 06:00: the trend of
/// coverage, deprecated identities, and how many were allocated. Monthly, on the 1st at 03:00: the
/// audit log, identities deprecated over 90 days ago, and when counters will be full. Times are local;
/// on GitHub they are UTC.
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
    #[serde(rename = "next_at")]
    next: Timestamp,
}

/// What `schedule list` shows.
#[derive(Serialize)]
struct ScheduleList {
    jobs: [JobLine; Job::ALL.len()],
    timers: Vec<Timer>,
}

fn list(ui: &mut Ui, dir: &Path, format: Format) -> CommandResult<Exit> {
    let repo = Repo::open_to_read(dir)?;
    let (runs, zone, now) = (Runs::in_dir(&repo.state_dir()), TimeZone::system(), now());
    let jobs = Job::ALL.map(|job| {
        let last = runs.last(job);
        let is_due = job.is_due(last.as_ref().and_then(|run| run.done), now, &zone);
        JobLine { job, last, is_due, next: job.next_planned(now, &zone) }
    });
    // A repository with a name that no timer can hold has no timers.
    let timers = Timers::of(&repo).map_or(Ok(Vec::new()), |timers| timers.list())?;
    let list = ScheduleList { jobs, timers };
    match format {
        Format::Json => ui.data(&document(&list)),
        Format::Text => {
            ui.table(list.jobs.map(|line| {
                let at =
                    |run: LastRun| format!("last {} ({})", local_time(run.at, &zone), run.outcome);
                let due = if line.is_due { ", due now" } else { "" };
                let next = format!("next {}{due}", local_time(line.next, &zone));
                let last = line.last.map_or_else(|| "never ran".to_owned(), at);
                [line.job.to_string(), last, next]
            }));
            let timer = |t: &Timer| format!("{}: {} ({})", t.keeper, t.state, t.place);
            ui.lines(list.timers.iter().map(timer));
            if list.timers.is_empty() {
                ui.hint("no timer is installed; to install one: idhooks schedule install --systemd, or --cron, --github, --windows");
            }
        }
    }
    Ok(Exit::Fine)
}
