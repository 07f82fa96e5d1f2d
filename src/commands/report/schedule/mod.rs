//! `idhooks schedule`: installs and runs scheduled reports, repairs and backups.

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

use crate::commands::install_source_args::SourceArgs;
use crate::commands::unit_program_args::UnitProgramArgs;

/// Set up timers for reports, repairs and backups
///
/// Nightly, at 02:00: scan, uniqueness, sync and coverage. Weekly, on Monday at 06:00: the coverage
/// trend, deprecated identities, and the number of allocations. Monthly, on the 1st at 03:00: the audit
/// log, identities deprecated over 90 days ago, and the dates on which counters will be full. Times are
/// local; on GitHub they are UTC.
///
/// With 'purge = "90d"' in the 'schedule' table of idhooks.toml, the monthly run also stages the
/// changes that 'idhooks purge' would make, unless the working tree has a git operation in
/// progress, staged changes or a changed registry.
///
/// Hourly, at :15, with 'install --hourly': heals the branch like 'idhooks reconcile --commit'. Use it in a
/// clone that no one works in.
///
/// Daily, at 04:00, with 'install --backup': backs up the registry, and pushes all backups like
/// 'idhooks backup push'. If this failed the last two times, 'idhooks alerts', 'idhooks health' and
/// the metrics report it.
///
/// A report missed while the machine was off is written later: systemd and Windows see to this
/// themselves, cron does so at the next start or within the hour. GitHub skips runs when it is
/// overloaded.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks schedule install --systemd
  idhooks schedule list

Exit code: 0 done; 1 a report of 'run' needs attention; 2 an error")]
pub(in crate::commands) struct Schedule {
    #[command(subcommand)]
    action: ScheduleAction,
}

#[derive(Debug, Subcommand)]
enum ScheduleAction {
    Run(run::ScheduleRun),
    Install(Install),
    /// List the timers, and the last and the next run of each report
    #[command(after_help = "\
Examples:
  idhooks schedule list
  idhooks schedule list --format json")]
    List {
        /// Output format
        #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
        format: Format,
    },
    /// Remove all of this repository's timers
    ///
    /// Reports and files written with --output are kept.
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

/// Install timers that write reports on this repository
///
/// You can run this again at any time. Files edited by hand or written by another program are replaced only
/// with --force; the marked lines in a crontab always belong to idhooks. The timers run this program, or
/// the one that --program names, in the main working tree.
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
  idhooks schedule install --systemd --backup backups     'backups' is a remote
  idhooks schedule install --github --from \"$SOURCE\"     pinned: see --from
  idhooks schedule install --windows --output tasks/"
)]
struct Install {
    /// Install systemd user units, and enable them if possible
    #[arg(long)]
    systemd: bool,
    /// Add lines to your crontab
    #[arg(long)]
    cron: bool,
    /// Write a GitHub Actions workflow to the working tree
    #[arg(long)]
    github: bool,
    /// Register tasks in the Windows Task Scheduler
    #[arg(long)]
    windows: bool,
    /// Also heal the registry every hour, like 'idhooks reconcile --commit'
    ///
    /// For a clone that no one works in. Later runs of this command keep the timer until the timers are
    /// removed. With --github, a separate workflow keeps one pull request up to date.
    #[arg(long)]
    hourly: bool,
    /// Also write the metrics of HEAD to this file every five minutes
    ///
    /// Runs 'idhooks metrics --rev HEAD --output FILE'. Later runs of this command keep the file until you
    /// name another one or remove the timers.
    #[arg(long, value_name = "FILE", conflicts_with = "github")]
    metrics: Option<PathBuf>,
    /// Also push the backups of the registry to this remote every day
    ///
    /// Runs 'idhooks backup create' and 'idhooks backup push', which must be able to push without a
    /// password. Later runs of this command keep the remote until you name another one or remove the
    /// timers.
    #[arg(long, value_name = "REMOTE", conflicts_with = "github")]
    backup: Option<String>,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    program: UnitProgramArgs,
    /// Only write the files to this directory, without registering them
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
        // The order is the same as in `Scheduler::ALL`.
        let chosen = [self.systemd, self.cron, self.github].iter().position(|chosen| *chosen);
        // Messages show the directory as the user typed it, without the '.' component that `dir`
        // adds.
        let is_written = |part: &Component<'_>| *part != Component::CurDir;
        let below = |output| dir.join(output).components().filter(is_written).collect();
        let options = InstallTimersOptions {
            scheduler: chosen.map_or(Scheduler::Windows, |at| Scheduler::ALL[at]),
            program: self.program.named(),
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
