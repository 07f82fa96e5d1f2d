//! `idhooks watch start`, `stop`, `restart`, `pause` and `resume`: control the watcher in the
//! background.

use std::path::Path;

use clap::Args;
use idhooks_automation::{
    WatchOptions, is_watcher_live, lock_watcher, pause_watcher, start_watcher, stop_watcher,
};
use idhooks_ops::{Repo, remove_abandoned_tasks};

use crate::commands::automation::watcher_args::{StartOptions, alarm_sender};
use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Start a watcher in the background
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks watch start
  idhooks watch start --debounce 5s
  idhooks watch start --live

Exit code: 0 started; 2 a watcher is already running, or it cannot start")]
pub(super) struct StartWatcher {
    #[command(flatten)]
    start: StartOptions,
}

/// Stop the watcher
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks watch stop
  idhooks watch stop -C ../other          in another working tree

Exit code: 0 stopped, or none was running; 2 the watcher does not exit")]
pub(super) struct StopWatcher {}

/// Restart the watcher, or start one if none is running
///
/// If the old watcher ran with --live, so does the new one. If the new one could not start, because
/// idhooks.toml is invalid or the webhook's address is missing, the old one keeps running.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks watch restart
  idhooks watch restart --debounce 5s

Exit code: 0 started; 2 the watcher does not exit, or cannot start")]
pub(super) struct RestartWatcher {
    #[command(flatten)]
    start: StartOptions,
}

impl StartWatcher {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        start(ui, &Repo::open(dir)?, &self.start.options())
    }
}

impl StopWatcher {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let was_running = stop_watcher(&Repo::open(dir)?)?;
        // A killed watcher leaves its generators and their directories behind.
        remove_abandoned_tasks();
        ui.status(if was_running { "stopped" } else { "no watcher is running" });
        Ok(Exit::Fine)
    }
}

impl RestartWatcher {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let (repo, mut options) = (Repo::open(dir)?, self.start.options());
        // This check comes before the old watcher stops: with a mistake in idhooks.toml, the new
        // watcher would fail in the background, where nobody sees the error, and no watcher would
        // be left running.
        alarm_sender(&repo, &options)?;
        // Without this, a restart without options would silently turn off staging and generators.
        options.is_live |= is_watcher_live(&repo)?;
        stop_watcher(&repo)?;
        start(ui, &repo, &options)
    }
}

/// Starts a watcher in the background and waits until it is running.
pub(super) fn start(ui: &mut Ui, repo: &Repo, options: &WatchOptions) -> CommandResult<Exit> {
    // Waits for a watcher that is still exiting. If a watcher is running, this fails here rather
    // than in the background. The started process takes the lock itself.
    drop(lock_watcher(repo, "watch start")?);
    // A missing webhook address must also cause an error here, not in the background.
    alarm_sender(repo, options)?;
    let process = start_watcher(repo, options)?;
    ui.status(&format!("watching '{}' (process {process})", repo.top().display()));
    Ok(Exit::Fine)
}

/// Pauses or resumes the watcher.
pub(super) fn pause(ui: &mut Ui, dir: &Path, is_paused: bool) -> CommandResult<Exit> {
    let runs = pause_watcher(&Repo::open(dir)?, is_paused)?;
    ui.status(match (is_paused, runs) {
        (true, true) => "paused",
        (false, true) => "resumed",
        (true, false) => "no watcher is running; the next one starts paused",
        (false, false) => "no watcher is running; the next one does not start paused",
    });
    Ok(Exit::Fine)
}
