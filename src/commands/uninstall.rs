//! `idhooks uninstall`: restores the clone to its state before `idhooks install`.

use std::path::Path;

use idhooks_core::config::ATTRIBUTES_PATH;
use idhooks_ops::uninstall;

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Remove the hooks and the merge driver from this clone
///
/// Restores every file that 'idhooks install' changed, byte for byte. Keeps the registry, all
/// commits and this clone's data in '.git/idhooks'. If the index no longer contains the registry or
/// idhooks.toml, also removes the idhooks line from .gitattributes; commit that change.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks uninstall               from the clone of the current directory
  idhooks uninstall --dry-run     show the changes")]
pub(super) struct UninstallArgs {
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl UninstallArgs {
    /// Runs the command.
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let report = uninstall(dir, self.dry_run)?;
        ui.installed(&report.parts, self.dry_run);
        if let Some(error) = report.attributes_fault {
            ui.warning(&format!("'{ATTRIBUTES_PATH}' still names idhooks: {error}"));
            ui.hint("remove its line by hand, or run 'idhooks uninstall' again");
        }
        // The data is kept: it includes backups and the audit log, and idhooks may be installed in
        // the clone again.
        if let Some(data) = report.data {
            ui.status(&format!("kept the data of this clone in '{data}'"));
        }
        for left in &report.left {
            ui.warning(&format!("left in the hooks directory: {left}"));
        }
        Ok(Exit::Fine)
    }
}
