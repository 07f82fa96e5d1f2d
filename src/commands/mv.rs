//! `idhooks mv`: move a file or directory together with its identities.

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_ops::{MoveOptions, mv, open_to_change};

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Move files, as 'git mv' does, together with their identities
///
/// Like 'git mv', but the registry is updated at once: the files keep their identities however much
/// you edit them before the commit, even if they take paths that other files leave in the same commit.
/// To take it back, move the files back with this command.
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
