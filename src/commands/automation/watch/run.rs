//! `idhooks watch run`: the watcher in the foreground.

use std::path::Path;

use clap::Args;

use crate::commands::automation::watcher_args::{StartOptions, watch_in_foreground};
use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Watch in the foreground until it is stopped
///
/// Prints each file that was processed, and the result of the check if it differs from the last one.
/// SIGHUP makes it read idhooks.toml again; a change of that file does, too.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks watch run --debounce 5s
  idhooks watch run --once                what has changed since the last run, then end
  idhooks watch run --live                act on changes, too

Exit code: 0 ended, without errors in the last check; 1 the last check found errors; 2 an error")]
pub(super) struct WatchRun {
    #[command(flatten)]
    start: StartOptions,
    /// Compare all files once, process what has changed, check, and end
    #[arg(long, conflicts_with = "debounce")]
    once: bool,
}

impl WatchRun {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        watch_in_foreground(ui, dir, self.start.options(), self.once)
    }
}
