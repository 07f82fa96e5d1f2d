//! `--rollback`: undoes the last run of a command.

use idhooks_ops::undo_run;
use idhooks_repo::git::Repo;

use crate::error::{CommandResult, Exit};
use crate::output::{Ui, show_undone};

/// Undoes the last run of a command, or one that was interrupted.
///
/// # Errors
/// Returns the errors of [`undo_run`].
pub(super) fn roll_back(
    ui: &mut Ui,
    repo: &Repo,
    command: &'static str,
    is_dry_run: bool,
) -> CommandResult<Exit> {
    let undone = undo_run(ui, repo, command, is_dry_run)?;
    show_undone(ui, undone, is_dry_run);
    Ok(Exit::Fine)
}
