//! `idhooks watch install`: installs a unit that keeps the watcher running, similar to 'schedule
//! install'.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use idhooks_automation::{WatchUnitOptions, change_watch_unit};
use idhooks_ops::{Repo, units::WatchKeeper};

use crate::commands::unit_program_args::UnitProgramArgs;
use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Install a unit that keeps the watcher running
///
/// The unit starts the watcher when you log in, and restarts it after a crash. It runs this program, or
/// the one that --program names, in this working tree. Files edited by hand or written by another program
/// are replaced only with --force.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("keeper")
        .required(true)
        .multiple(false)
        .args(["systemd", "launchd", "windows"]),
    after_help = "\
Examples:
  idhooks watch install --systemd
  idhooks watch install --launchd --dry-run
  idhooks watch install --windows --output tasks/
  idhooks watch install --systemd --live
  idhooks watch install --systemd --remove

Exit code: 0 done; 2 an error"
)]
pub(super) struct InstallWatch {
    /// Install a systemd user service
    #[arg(long)]
    systemd: bool,
    /// Install a launchd user agent (macOS)
    #[arg(long)]
    launchd: bool,
    /// Install a task for your user in the Windows Task Scheduler
    #[arg(long)]
    windows: bool,
    /// Also act on changes, like 'watch run --live'
    #[arg(long)]
    live: bool,
    #[command(flatten)]
    program: UnitProgramArgs,
    /// Remove the unit instead
    #[arg(long)]
    remove: bool,
    /// Only write the file to this directory, without registering it
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Show what would be written; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
}

impl InstallWatch {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        // The order is the same as in `WatchKeeper::ALL`.
        let chosen = [self.systemd, self.launchd].iter().position(|chosen| *chosen);
        let options = WatchUnitOptions {
            keeper: chosen.map_or(WatchKeeper::Windows, |at| WatchKeeper::ALL[at]),
            program: self.program.named(),
            is_live: self.live,
            is_removed: self.remove,
            output: self.output.as_ref().map(|output| dir.join(output)),
            is_forced: self.force,
            is_dry_run: self.dry_run,
        };
        change_watch_unit(ui, &repo, &options)?;
        Ok(Exit::Fine)
    }
}
