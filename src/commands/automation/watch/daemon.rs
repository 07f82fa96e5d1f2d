//! `idhooks watch start`, `stop`, `restart`, `pause` and `resume`: the watcher in the background.

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

Exit code: 0 started; 2 a watcher runs already, or it cannot start")]
pub(super) struct StartWatcher {
    #[command(flatten)]
    start: StartOptions,
}

/// Stop the watcher
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks watch stop
  idhooks watch stop -C ../other          that of another working tree

Exit code: 0 no watcher runs; 2 it does not end")]
pub(super) struct StopWatcher {}

/// Stop the watcher, if one runs, and start another one
///
/// If the one before acted on changes, the new one does, too, as with --live. If the new one could not
/// start, because idhooks.toml is not valid or an address is missing, the one before goes on.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks watch restart
  idhooks watch restart --debounce 5s

Exit code: 0 started; 2 it does not end, or cannot start")]
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
        // One that was killed could not end its programs.
        remove_abandoned_tasks();
        ui.status(if was_running { "stopped" } else { "no watcher runs" });
        Ok(Exit::Fine)
    }
}

impl RestartWatcher {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let (repo, mut options) = (Repo::open(dir)?, self.start.options());
        // The settings that a watcher reads when it starts: its errors should reach the person who
        // starts it.
        alarm_sender(&repo, &options)?;
        options.is_live |= is_watcher_live(&repo)?;
        stop_watcher(&repo)?;
        start(ui, &repo, &options)
    }
}

/// Starts a watcher in the background and waits until it runs.
pub(super) fn start(ui: &mut Ui, repo: &Repo, options: &WatchOptions) -> CommandResult<Exit> {
    // One that was killed a moment ago may not have ended yet.
    drop(lock_watcher(repo, "watch start")?);
    alarm_sender(repo, options)?;
    let process = start_watcher(repo, options)?;
    ui.status(&format!("watching '{}' (process {process})", repo.top().display()));
    Ok(Exit::Fine)
}

/// Pauses the watcher, or lets it go on.
pub(super) fn pause(ui: &mut Ui, dir: &Path, is_paused: bool) -> CommandResult<Exit> {
    let runs = pause_watcher(&Repo::open(dir)?, is_paused)?;
    ui.status(match (is_paused, runs) {
        (true, true) => "paused",
        (false, true) => "resumed",
        (true, false) => "no watcher runs; the next one starts paused",
        (false, false) => "no watcher runs; the next one starts at once",
    });
    Ok(Exit::Fine)
}
