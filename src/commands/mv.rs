//! `idhooks mv`: moves a file or directory together with its identities.

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_ops::{MoveOptions, mv, open_to_change};

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Move files together with their identities, like 'git mv'
///
/// Unlike 'git mv', updates the registry at once: the files keep their identities however much you edit
/// them before the commit, even if they take the paths of other files that move in the same commit. To
/// undo it, move the files back with this command.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks mv docs/plan.md docs/roadmap.md     rename a file
  idhooks mv docs handbook                    move a directory

Exit code: 0 moved; 2 an error, and nothing was moved")]
pub(super) struct Mv {
    /// File or directory in the index
    #[arg(value_name = "FROM")]
    from: PathBuf,
    /// New path, or an existing directory to move it into
    #[arg(value_name = "TO")]
    to: PathBuf,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Mv {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let Mv { from, to, dry_run: is_dry_run } = self;
        let done = mv(ui, &open_to_change(dir)?, &MoveOptions { from, to, is_dry_run })?;
        ui.lines(done.edits);
        ui.mentions(&done.mentions);
        Ok(Exit::Fine)
    }
}
