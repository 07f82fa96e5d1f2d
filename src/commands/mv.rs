//! `idhooks mv`: moves a file or directory together with its identities.

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_ops::{MoveOptions, mv, open_to_change, report_move};

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Move files together with their identities, like 'git mv'
///
/// Unlike 'git mv', updates the registry at once: the files keep their identities however much you edit
/// them before the commit, even if they take the paths of other files that move in the same commit. To
/// undo it, move the files back with this command.
///
/// With --after, reports files that an editor or 'mv' has moved already. It changes neither the index nor
/// the registry: stage the move as usual, and the commit that contains it keeps the identities, however
/// much you edit the files. A report ends with that commit, or after 30 days. To take it back, move the
/// files back and report that.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks mv docs/plan.md docs/roadmap.md     rename a file
  idhooks mv docs handbook                    move a directory
  idhooks mv --after old.md new.md            report that old.md is now new.md

Exit code: 0 moved, or reported; 2 an error, and nothing was moved")]
pub(super) struct Mv {
    /// File or directory in the index; with --after, its old path
    #[arg(value_name = "FROM")]
    from: PathBuf,
    /// New path, or an existing directory to move it into
    #[arg(value_name = "TO")]
    to: PathBuf,
    /// Report that the files have been moved already
    #[arg(long)]
    after: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Mv {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let Mv { from, to, after, dry_run: is_dry_run } = self;
        let (repo, options) = (open_to_change(dir)?, MoveOptions { from, to, is_dry_run });
        if after {
            let done = report_move(ui, &repo, &options)?;
            ui.lines(done.files);
            ui.mentions(&done.mentions);
            return Ok(Exit::Fine);
        }
        let done = mv(ui, &repo, &options)?;
        ui.lines(done.edits);
        ui.mentions(&done.mentions);
        Ok(Exit::Fine)
    }
}
