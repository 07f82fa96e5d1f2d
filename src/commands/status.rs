//! `idhooks status`: shows one screen about the repository and this clone.

use std::path::Path;

use idhooks_repo::git::Repo;
use idhooks_report::reports::StatusReport;

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, json, status_rows};

/// Show whether hooks are installed and the registry is consistent
///
/// Reports the hooks and the merge driver of this clone, whether the registry is consistent in HEAD
/// and in the index, and the number of identities. A git operation in progress, and a watcher that does
/// not work although it should, have a line of their own. The exit code is 0 whatever the state is.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks status                  one screen for people
  idhooks status --format json    for scripts")]
pub(super) struct StatusArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl StatusArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        let report = StatusReport::read(&repo)?;
        match self.format {
            Format::Json => ui.data(&json::document(&report)),
            Format::Text => ui.table(status_rows(&report)),
        }
        Ok(Exit::Fine)
    }
}
