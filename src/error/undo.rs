//! The hints for runs that are not undone.

use idhooks_ops::{UndoRefusal, command_that_undoes};

use super::CommandError;

/// The number of paths that an error lists.
const MOST_PATHS: usize = 20;

impl From<UndoRefusal> for CommandError {
    fn from(refusal: UndoRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            UndoRefusal::Nothing => converted
                .hint("only the last run can be undone; earlier ones are in the history: git log"),
            UndoRefusal::OfOther { what, .. } => {
                converted.hint(format!("to undo that one: {}", undo_command(&what)))
            }
            UndoRefusal::Changed { what, paths } => {
                let command = undo_command(&what);
                let causes = paths.iter().take(MOST_PATHS).map(ToString::to_string).collect();
                let error = Self { causes, ..converted };
                error.hint(match what.split(' ').next() {
                    // Nothing of that run is staged, so that a stash would take it, too.
                    Some("lint") => format!("undo these edits, then run: {command}; or keep them: the files stay as they are"),
                    // Changes since then may be other records, which must not be lost.
                    Some("import") => "an import can only be undone as long as nothing else has changed; to give identities up, see: idhooks deprecate --help".to_owned(),
                    _ => format!("stash these changes (git stash), then run: {command}; or use the opposite command, such as 'idhooks rename --from-id-prefix'"),
                })
            }
            UndoRefusal::Committed(_) => converted.hint("if that is the last commit, and it was not pushed: git reset --soft HEAD~1, then again: idhooks import --rollback"),
        }
    }
}

/// Returns the command that undoes a run, by the command line of that.
pub fn undo_command(what: &str) -> String {
    format!("idhooks {} --rollback", command_that_undoes(what))
}
