//! `idhooks watch status`: shows the watcher's state.

use std::path::Path;

use clap::Args;
use idhooks_automation::watch_report;
use idhooks_ops::Repo;

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui};

/// Show the state of the watcher
///
/// Also lists up to 20 findings from the last check, including moved files that the next commit
/// would not recognise. The JSON document lists up to 200 in 'findings'. The watcher writes a
/// heartbeat every 10 s; after three missed heartbeats, its state is 'hung'. If it exited without
/// being stopped, its state is 'died'.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks watch status
  idhooks watch status --format json

Exit code: 0 the watcher is running; 1 it is not, or does not respond; 2 an error")]
pub(super) struct WatchStatusArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl WatchStatusArgs {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let report = watch_report(&Repo::open(dir)?)?;
        ui.watch_status(&report, self.format);
        // Findings from the check do not count: a monitor asks whether the watcher is running, and
        // `check` has its own exit code.
        Ok(if report.status.state.is_up() { Exit::Fine } else { Exit::Findings })
    }
}
