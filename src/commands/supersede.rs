//! `idhooks supersede`: replaces one identity with another.

use std::{ffi::OsString, path::Path};

use clap::Args;
use idhooks_ops::{SupersedeOptions, open_to_change, supersede};

use crate::error::{CommandResult, Exit, report_full};
use crate::output::Ui;

/// Deprecate an identity and name another as its successor
///
/// The two records then refer to each other. With --with-new, the file gets a new identity that
/// replaces its current one. With --by, the file of the old identity must be gone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks supersede docs/plan.md --with-new
  git rm docs/old.md && idhooks supersede docs/old.md --by docs/new.md

Exit code: 0 superseded; 1 a counter is full; 2 an error, and nothing was changed")]
pub(super) struct Supersede {
    /// Identity to replace, or its first digits (8 or more), its second identity, or the path of
    /// its file
    #[arg(value_name = "ID|PATH")]
    old: OsString,
    /// Identity that replaces the old one, or its first digits (8 or more), its second identity, or
    /// its path
    #[arg(long, value_name = "ID|PATH", required_unless_present = "with_new")]
    by: Option<OsString>,
    /// Give the file a new identity that replaces the old one
    #[arg(long, conflicts_with = "by")]
    with_new: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Supersede {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let Supersede { old, by, with_new, dry_run: is_dry_run } = self;
        let by = by.filter(|_| !with_new);
        let options = SupersedeOptions { old, by, is_dry_run };
        let done = supersede(ui, &open_to_change(dir)?, &options);
        let Some(done) = report_full(ui, done)? else { return Ok(Exit::Findings) };
        ui.lines(done.edits);
        ui.status(&format!("{} supersedes {}", done.new, done.old));
        ui.mentions(&done.mentions);
        Ok(Exit::Fine)
    }
}
