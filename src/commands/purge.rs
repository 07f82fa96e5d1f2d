//! `idhooks purge`: reduces old deprecated records to tombstones.

use std::path::Path;

use clap::Args;
use idhooks_ops::{PurgeOptions, When, open_to_change, purge};

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Reduce old deprecated records to tombstones
///
/// A tombstone keeps the identity, the path and the origin; everything else in the record is
/// dropped. The number is never used again, and the identity is never revived automatically. If a
/// tracked text file still mentions one of the identities, nothing is purged.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks purge --deprecated-before 90d --dry-run
  idhooks purge --deprecated-before 2026-01-31 --keep-going

Exit code: 0 purged; 1 some identities are still mentioned (with --keep-going the others were \
purged); 2 an error, and nothing was purged")]
pub(super) struct Purge {
    /// Purge records deprecated before this day, or longer ago than this: 2026-01-31, 90d, 12w, 2y
    #[arg(long, value_name = "WHEN")]
    deprecated_before: When,
    /// Skip identities that are still mentioned instead of stopping
    #[arg(long)]
    keep_going: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Purge {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let Purge { deprecated_before, keep_going, dry_run: is_dry_run } = self;
        let options = PurgeOptions { deprecated_before, keep_going, is_dry_run };
        let done = purge(ui, &open_to_change(dir)?, &options)?;
        if !done.mentioned.is_empty() && !keep_going {
            // A tombstone has no metadata, so anyone following a reference to it would find
            // nothing.
            ui.hint("remove these mentions, or purge the others with --keep-going");
            return Ok(Exit::Findings);
        }
        ui.lines(done.edits);
        if !done.mentioned.is_empty() {
            return Ok(Exit::Findings);
        }
        if done.records.is_empty() {
            let cutoff = done.cutoff;
            ui.status(&format!("no identity without a file was deprecated before {cutoff}"));
        }
        Ok(Exit::Fine)
    }
}
