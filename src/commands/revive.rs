//! `idhooks revive`: makes deprecated identities active again.

use std::{ffi::OsString, path::Path};

use clap::Args;
use idhooks_ops::{ReviveOptions, open_to_change, revive};

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Make deprecated identities active again
///
/// The files must exist and have no other identity. For deleted files, no command is needed: the commit
/// that brings a file back makes its identity active again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks revive docs/plan.md
  idhooks revive 2010000007260118 --dry-run

Exit code: 0 revived; 2 an error, and nothing was changed")]
pub(super) struct Revive {
    /// Identities or their first digits (8 or more), second identities, or paths of files
    #[arg(required = true, value_name = "ID|PATH")]
    subjects: Vec<OsString>,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Revive {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let Revive { subjects, dry_run: is_dry_run } = self;
        let options = ReviveOptions { subjects, is_dry_run };
        let done = revive(ui, &open_to_change(dir)?, &options)?;
        ui.lines(done.edits);
        Ok(Exit::Fine)
    }
}
