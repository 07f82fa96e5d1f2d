//! `idhooks schedule`: regular reports, and the timers that write them.

mod run;

use std::path::{Component, Path, PathBuf};

use clap::{ArgGroup, Args, Subcommand};
use idhooks_ops::Repo;
use idhooks_report::schedule::{
    InstallTimersOptions, ScheduleList, Scheduler, install_timers, remove_timers,
};
use jiff::tz::TimeZone;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::json::document;
use crate::output::{Format, Ui};
use crate::report::show_schedule;

use crate::commands::source_args::SourceArgs;

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
pub(in crate::commands) struct Schedule {
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
struct Install {
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

impl Schedule {
    pub(in crate::commands) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        match self.action {
            ScheduleAction::Run(run) => return run.run(ui, dir),
            ScheduleAction::Install(install) => install.run(ui, dir)?,
            ScheduleAction::List { format } => {
                let (repo, zone) = (Repo::open_to_read(dir)?, TimeZone::system());
                let list = ScheduleList::read(&repo, &zone)?;
                match format {
                    Format::Json => ui.data(&document(&list)),
                    Format::Text => show_schedule(ui, &list, &zone),
                }
            }
            ScheduleAction::Remove { dry_run } => {
                let repo = Repo::open_to_read(dir)?;
                if !remove_timers(ui, &repo, dry_run)? {
                    ui.status("no timer is installed for this repository");
                }
            }
        }
        Ok(Exit::Fine)
    }
}

impl Install {
    fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<()> {
        let repo = Repo::open_to_read(dir)?;
        let source = self.source.named()?;
        if source.is_some() && !self.github {
            return Err(CommandError::new("--from and --install only apply to --github")
                .hint("leave them out: timers on this machine run the installed idhooks"));
        }
        // In the order of `Scheduler::ALL`.
        let chosen = [self.systemd, self.cron, self.github].iter().position(|chosen| *chosen);
        // As the user wrote it.
        let is_written = |part: &Component<'_>| *part != Component::CurDir;
        let below = |output| dir.join(output).components().filter(is_written).collect();
        let options = InstallTimersOptions {
            scheduler: chosen.map_or(Scheduler::Windows, |at| Scheduler::ALL[at]),
            is_hourly: self.hourly,
            metrics: self.metrics.map(|file| dir.join(file)),
            backup: self.backup,
            source,
            output: self.output.map(below),
            is_forced: self.force,
            is_dry_run: self.dry_run,
        };
        Ok(install_timers(ui, &repo, &options)?)
    }
}
