//! `idhooks watch`: watches the working tree between commits.

mod daemon;
mod install;
mod run;
mod status;
mod work;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use idhooks_ops::Repo;

use crate::commands::automation::watcher_args::{StartOptions, watch_in_foreground};
use crate::error::{CommandResult, Exit};
use crate::output::Ui;

use daemon::{RestartWatcher, StartWatcher, StopWatcher};
use install::InstallWatch;
use run::WatchRun;
use status::WatchStatusArgs;
use work::WatchWork;

/// Watch the working tree and check the registry after changes
///
/// Queues files that were created, modified, moved or deleted ('idhooks queue') once they have
/// stopped changing for a while, and then runs the same checks as 'idhooks check'. Without --live,
/// it changes neither the registry nor the index nor any file, and it never locks the index, so git
/// never has to wait. Files that git ignores, and files excluded by 'track' or by 'exclude' in the
/// 'watch' table of idhooks.toml, are not watched.
///
/// Each working tree has at most one watcher. On startup, it picks up changes made while no watcher
/// was running. Without a subcommand, it runs in the foreground.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  idhooks watch start                     in the background
  idhooks watch status --format json
  idhooks watch --watch-dir . --debounce 30 --daemon

Exit code: 0 done; 1 the check found errors, or 'status' finds no watcher; 2 an error"
)]
pub(in crate::commands) struct WatchArgs {
    #[command(subcommand)]
    action: Option<WatchAction>,
    /// Watch the working tree that contains this directory
    #[arg(long, value_name = "DIR")]
    watch_dir: Option<PathBuf>,
    #[command(flatten)]
    start: StartOptions,
    /// Run in the background, like 'start'
    #[arg(long)]
    daemon: bool,
}

#[derive(Debug, Subcommand)]
enum WatchAction {
    Run(WatchRun),
    Start(StartWatcher),
    Stop(StopWatcher),
    Restart(RestartWatcher),
    Status(WatchStatusArgs),
    Install(InstallWatch),
    // Only the watcher runs this command, and the format of its request may change with each
    // version.
    #[command(hide = true)]
    Work(WatchWork),
    /// Pause the watcher; it stays paused across restarts
    #[command(after_help = "\
Examples:
  idhooks watch pause
  idhooks watch pause && git rebase main && idhooks watch resume")]
    Pause,
    /// Resume the watcher and pick up changes made in the meantime
    #[command(after_help = "\
Examples:
  idhooks watch resume
  idhooks watch resume && idhooks watch status")]
    Resume,
}

impl WatchArgs {
    pub(in crate::commands) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        match self.action {
            Some(WatchAction::Run(run)) => run.run(ui, dir),
            Some(WatchAction::Start(start)) => start.run(ui, dir),
            Some(WatchAction::Stop(stop)) => stop.run(ui, dir),
            Some(WatchAction::Restart(restart)) => restart.run(ui, dir),
            Some(WatchAction::Status(status)) => status.run(ui, dir),
            Some(WatchAction::Install(install)) => install.run(ui, dir),
            Some(WatchAction::Work(work)) => work.run(ui, dir),
            Some(WatchAction::Pause) => daemon::pause(ui, dir, true),
            Some(WatchAction::Resume) => daemon::pause(ui, dir, false),
            None => {
                // Other tools also have `--watch-dir` and `--daemon`; supporting both keeps
                // existing command lines working.
                let dir = self.watch_dir.map_or_else(|| dir.to_owned(), |below| dir.join(below));
                match self.daemon {
                    true => daemon::start(ui, &Repo::open(&dir)?, &self.start.options()),
                    false => watch_in_foreground(ui, &dir, self.start.options(), false),
                }
            }
        }
    }
}
