//! `idhooks watch run`: runs the watcher in the foreground.

use std::path::Path;

use clap::Args;

use crate::commands::automation::watcher_args::{StartOptions, watch_in_foreground};
use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Watch in the foreground until stopped
///
/// Prints each processed file, and the result of the check whenever it changes. Reloads idhooks.toml on
/// SIGHUP and when the file changes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks watch run --debounce 5s
  idhooks watch run --once                process changes since the last run, then exit
  idhooks watch run --live                also act on changes

Exit code: 0 no errors in the last check; 1 the last check found errors; 2 an error")]
pub(super) struct WatchRun {
    #[command(flatten)]
    start: StartOptions,
    /// Compare all files once, process the changed ones, check, and exit
    #[arg(long, conflicts_with = "debounce")]
    once: bool,
}

impl WatchRun {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        watch_in_foreground(ui, dir, self.start.options(), self.once)
    }
}
