//! `idhooks uninstall`: restores the clone as it was before `idhooks install`.

use std::path::Path;

use idhooks_core::config::ATTRIBUTES_PATH;
use idhooks_ops::uninstall;

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Remove the hooks and the merge driver from this clone
///
/// Restores every file that 'idhooks install' changed, byte for byte. The registry, all commits and the
/// data of this clone ('.git/idhooks') stay. If the index contains neither the registry nor
/// idhooks.toml any more, the line for idhooks in .gitattributes is removed, too; commit that change.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks uninstall               from the clone of the current directory
  idhooks uninstall --dry-run     show what would change")]
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
        if let Some(data) = report.data {
            ui.status(&format!("'{data}', the data of this clone, stays"));
        }
        for left in &report.left {
            ui.warning(&format!("left in the hooks directory: {left}"));
        }
        Ok(Exit::Fine)
    }
}
