//! `idhooks watch status`: the state of the watcher.

use std::path::Path;

use clap::Args;
use idhooks_automation::watch_report;
use idhooks_ops::Repo;

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui};

/// Show what the watcher does
///
/// It ends with the findings of the last check, at most 20, and with files that were moved and that the
/// next commit would not recognise. In JSON they are in 'findings', at most
/// 200. A watcher that has missed three beats, which are 10 s apart, is 'hung'; one that has ended although
/// no one stopped it is 'died'.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks watch status
  idhooks watch status --format json

Exit code: 0 a watcher runs; 1 none does, or it does not respond; 2 an error")]
pub(super) struct WatchStatusArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl WatchStatusArgs {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let report = watch_report(&Repo::open(dir)?)?;
        ui.watch_status(&report, self.format);
        Ok(if report.status.state.is_up() { Exit::Fine } else { Exit::Findings })
    }
}
