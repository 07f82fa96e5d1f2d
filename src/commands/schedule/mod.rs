//! `idhooks schedule`: reports that are written again and again, and the timers for them.

mod cron;
mod files;
mod github;
mod monthly;
mod nightly;
mod report_context;
mod run;
mod systemd;
mod timers;
mod unit_names;
mod weekly;
mod windows;

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args, Subcommand};
use jiff::tz::TimeZone;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::Repo;
use crate::output::json::{document, lines, object, optional};
use crate::output::{Format, Ui, aligned};
use crate::plan::schedule::{Job, local_time};
use crate::registry::Timestamp;
use crate::store::{LastRun, Runs};
use crate::transaction::now;

use super::pinned_source::SourceOptions;
use timers::{Scheduler, Timer, TimerOptions, Timers};

/// Write reports every night, week and month, and see that none is missed
///
/// Nightly, at 02:00: a scan, and the checks of uniqueness, sync and coverage. Weekly, on Monday at
/// 06:00: the trend of coverage, what was deprecated, and how many identities were given. Monthly, on
/// the 1st at 03:00: the audit, what was deprecated over 90 days ago, and when counters will be full.
/// Times are those of the machine; on GitHub they are UTC.
///
/// What was missed while the machine was off is made up for: by systemd and Windows themselves, by
/// cron at the next start or within the hour. GitHub leaves out what it has no room for.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks schedule install --systemd
  idhooks schedule list

Exit code: 0 done; 1 of 'run': something needs a person; 2 it could not be done")]
pub(super) struct Schedule {
    #[command(subcommand)]
    action: ScheduleAction,
}

#[derive(Debug, Subcommand)]
enum ScheduleAction {
    Run(run::ScheduleRun),
    Install(Install),
    List(ScheduleList),
    Remove(Remove),
}

/// Have a timer run the reports of this repository
///
/// A second time nothing changes. A file of somebody else, or one that was changed by hand, is only
/// replaced with --force; the lines between the marks in a crontab are always idhooks' own. The timers
/// name this program and the main working tree.
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
  idhooks schedule install --github --from https://git.example.org/tools/idhooks@0123456789abcdef0123456789abcdef01234567
  idhooks schedule install --windows --output tasks/"
)]
struct Install {
    /// With systemd: units of this user, enabled where that can be done
    #[arg(long)]
    systemd: bool,
    /// With cron: lines in the crontab of this user
    #[arg(long)]
    cron: bool,
    /// With GitHub Actions: a workflow in the working tree
    #[arg(long)]
    github: bool,
    /// With the Task Scheduler of Windows
    #[arg(long)]
    windows: bool,
    /// Write the files to this directory, and register nothing; they are yours then
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    source: SourceOptions,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
    /// Show what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Show the timers of this repository, and when each report was and will be written
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks schedule list
  idhooks schedule list --format json")]
struct ScheduleList {
    /// Form of the report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// Remove the timers of this repository, whichever there are
///
/// Reports stay, and so does what was written with --output.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks schedule remove --dry-run
  idhooks schedule remove")]
struct Remove {
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

impl Schedule {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        match self.action {
            ScheduleAction::Run(run) => run.run(ui, dir),
            ScheduleAction::Install(install) => install.run(ui, dir),
            ScheduleAction::List(list) => list.run(ui, dir),
            ScheduleAction::Remove(remove) => remove.run(ui, dir),
        }
    }
}

impl Install {
    fn run(&self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let repo = Repo::open_to_read(dir)?;
        let source = match (self.github, self.source.named()?) {
            (true, _) => Some(self.source.required("idhooks schedule install --github")?),
            (false, None) => None,
            (false, Some(_)) => {
                return Err(CommandError::new(
                    "--from and --install are for workflows of GitHub only",
                )
                .hint("leave them out: timers of this machine run the idhooks that is installed"));
            }
        };
        let options = TimerOptions {
            output: self.output.as_ref().map(|output| dir.join(output)),
            source: source.as_ref(),
            force: self.force,
            dry_run: self.dry_run,
        };
        Timers::of(&repo)?.install(ui, self.keeper(), &options)?;
        Ok(Exit::Fine)
    }

    fn keeper(&self) -> Scheduler {
        let Install { systemd, cron, github, .. } = *self;
        match (systemd, cron, github) {
            (true, ..) => Scheduler::Systemd,
            (_, true, _) => Scheduler::Cron,
            (.., true) => Scheduler::Github,
            _ => Scheduler::Windows,
        }
    }
}

/// What there is to say of a job.
struct JobLine {
    job: Job,
    last: Option<LastRun>,
    is_due: bool,
    next: Timestamp,
}

impl ScheduleList {
    fn run(&self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let repo = Repo::open_to_read(dir)?;
        let (runs, zone, now) = (Runs::in_dir(&repo.state_dir()), TimeZone::system(), now());
        // What no timer can name has none.
        let timers = Timers::of(&repo).map_or(Ok(Vec::new()), |timers| timers.list())?;
        let of = |job: Job| {
            let last = runs.last(job);
            let is_due = job.is_due(last.as_ref().and_then(|run| run.done), now, &zone);
            JobLine { job, last, is_due, next: job.next_planned(now, &zone) }
        };
        let all = Job::ALL.map(of);
        match self.format {
            Format::Json => ui.data(&json(&all, &timers)),
            Format::Text => text(ui, &all, &timers, &zone),
        }
        Ok(Exit::Fine)
    }
}

fn text(ui: &mut Ui, all: &[JobLine], timers: &[Timer], zone: &TimeZone) {
    let row = |line: &JobLine| {
        let said =
            |run: &LastRun| format!("last {} ({})", local_time(run.at, zone), run.outcome.as_str());
        let last = line.last.as_ref().map_or_else(|| "never ran".to_owned(), said);
        let due = if line.is_due { ", due now" } else { "" };
        let next = format!("next {}{due}", local_time(line.next, zone));
        [line.job.as_str().to_owned(), last, next]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    aligned(&rows).iter().for_each(|line| ui.line(line));
    for timer in timers {
        ui.line(&format!("{}: {} ({})", timer.keeper.as_str(), timer.state, timer.place));
    }
    if timers.is_empty() {
        ui.hint("no timer is installed: idhooks schedule install --systemd, or --cron, --github, --windows");
    }
}

fn json(all: &[JobLine], timers: &[Timer]) -> String {
    document(|top| {
        lines(top.key("jobs"), all, |out, line| {
            object(out, |members| {
                members.string("job", line.job.as_str());
                members.key("is_due").push_str(if line.is_due { "true" } else { "false" });
                match &line.last {
                    None => members.key("last").push_str("null"),
                    Some(run) => object(members.key("last"), |last| {
                        last.string("at", run.at.as_str());
                        last.string("result", run.outcome.as_str());
                        let done = run.done.map(|done| done.to_string());
                        optional(last.key("done"), done.as_deref());
                        optional(last.key("report"), run.report.as_deref());
                    }),
                }
                members.string("next", line.next.as_str());
            });
        });
        lines(top.key("timers"), timers, |out, timer| {
            object(out, |members| {
                members.string("kind", timer.keeper.as_str());
                members.string("state", timer.state);
                members.string("place", &timer.place);
            });
        });
    })
}

impl Remove {
    fn run(&self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let repo = Repo::open_to_read(dir)?;
        if !Timers::of(&repo)?.remove(ui, self.dry_run)? {
            ui.status("no timer is installed for this repository");
        }
        Ok(Exit::Fine)
    }
}
