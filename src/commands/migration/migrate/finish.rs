//! `idhooks migrate finish`: removes the legacy file.

use std::path::Path;

use clap::Args;
use idhooks_ops::{FinishMigrationOptions, finish_migration, open_to_change};

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

use super::super::report::MigrationFormat;
use super::run::show_run;

/// Remove the legacy file, in one commit
///
/// Removes the legacy file and its line in .gitattributes, and records this in the 'dual_write'
/// table of idhooks.toml, so that 'idhooks check' and 'idhooks doctor' report the file if a
/// forgotten program writes it again. Refuses to run while dual write is enabled, or if another
/// program has changed the legacy file, since its changes would be lost. Same as the last step of
/// 'idhooks migrate run'.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate finish --dry-run
  idhooks migrate finish

Exit code: 0 done, or nothing to do; 1 too early, or the legacy file has data that the registry lacks; \
2 dual write is enabled, or another error")]
pub(super) struct FinishMigration {
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Remove it even if another program may have written it recently
    #[arg(long)]
    force: bool,
    /// Format of the report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    report: MigrationFormat,
}

impl FinishMigration {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let options = FinishMigrationOptions { force: self.force, is_dry_run: self.dry_run };
        let done = finish_migration(ui, &open_to_change(dir)?, options);
        show_run(ui, done, self.report)
    }
}
