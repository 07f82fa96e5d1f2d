//! `idhooks deprecate`: marks identities as deprecated.

use std::{ffi::OsString, path::Path};

use clap::Args;
use idhooks_ops::{DeprecateOptions, deprecate, open_to_change};

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// The reason if only the new address is given.
const MOVED: &str = "moved to another repository";

/// Mark identities as deprecated, without touching their files
///
/// The file may stay or be deleted. A file that stays, or returns to its path, keeps the deprecated
/// identity and gets no new one, but 'idhooks check' warns about it. Only 'idhooks revive' makes
/// the identity active again.
///
/// --moved-to is for a file that is now in another repository. The identity keeps leading to it:
/// 'idhooks show' and 'idhooks url' print the URL, and the redirects of 'idhooks export' lead there. Run
/// the command again to correct the URL.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks deprecate docs/plan.md --reason 'replaced by the handbook'
  idhooks deprecate 2010000007260118 --reason 'never published' --dry-run
  idhooks deprecate src/pool.py --moved-to https://example.org/team/pool/blob/main/src/pool.py

Exit code: 0 deprecated; 2 an error, and nothing was changed")]
pub(super) struct Deprecate {
    /// Identities or their first digits (8 or more), second identities, or paths of files
    #[arg(required = true, value_name = "ID|PATH")]
    subjects: Vec<OsString>,
    /// Reason to record, for later readers
    #[arg(long, value_name = "TEXT", required_unless_present = "moved_to")]
    reason: Option<String>,
    /// Web address of the file in the repository that has it now
    #[arg(long, value_name = "URL")]
    moved_to: Option<String>,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Deprecate {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let Deprecate { subjects, reason, moved_to, dry_run: is_dry_run } = self;
        let reason = reason.unwrap_or_else(|| MOVED.to_owned());
        let options = DeprecateOptions { subjects, reason, moved_to, is_dry_run };
        let done = deprecate(ui, &open_to_change(dir)?, &options)?;
        ui.lines(done.edits);
        ui.mentions(&done.mentions);
        Ok(Exit::Fine)
    }
}
