//! Reports a run that was undone.

use idhooks_ops::UndoneRun;

use super::{Ui, count};

/// Prints the run that was undone, or that a real run would undo, if there is one.
pub fn show_undone(ui: &mut Ui, undone: Option<UndoneRun>, is_dry_run: bool) {
    let Some(UndoneRun { what, files, moves }) = undone else { return };
    let files = count(files, "file", "files");
    if is_dry_run {
        ui.lines(moves.iter().map(|(from, to)| format!("would rename {to} back to {from}")));
        ui.status(&format!("would undo 'idhooks {what}': {files} to restore"));
        return;
    }
    ui.lines(moves.iter().map(|(from, _)| format!("renamed back to {from}")));
    ui.status(&format!("undid 'idhooks {what}': {files} restored"));
}
