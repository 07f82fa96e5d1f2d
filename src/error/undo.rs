//! Hints for runs that cannot be undone.

use idhooks_ops::{UndoRefusal, command_that_undoes};

use super::CommandError;

/// The maximum number of paths listed in an error.
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
                    // Nothing was staged by the run, so a stash would include the run's own changes
                    // as well.
                    Some("lint") => format!("undo these edits, then run: {command}; or keep the files"),
                    // Later changes may concern other records, which must not be lost.
                    Some("import") => "an import can only be undone while nothing else has changed; to deprecate identities: idhooks deprecate --help".to_owned(),
                    Some("mv" | "rename") => format!("undo these later changes, then run: {command}; or rename back, as with 'idhooks rename --from-id-prefix'"),
                    _ => format!("undo these later changes, then run: {command}; or keep what the run wrote"),
                })
            }
            // This works only if the commit has not been pushed: others may have built on it.
            UndoRefusal::Committed(_) => converted.hint("if it is the last commit and not pushed: git reset --soft HEAD~1, then run this again"),
        }
    }
}

/// Returns the command that undoes a run with this command line.
pub fn undo_command(what: &str) -> String {
    format!("idhooks {} --rollback", command_that_undoes(what))
}
