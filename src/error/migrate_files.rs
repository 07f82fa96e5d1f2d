//! The hints for files whose records cannot be migrated, and for steps that are not undone.

use idhooks_ops::{LaterChange, LaterChanges, LegacySourceRefusal, RollbackRefusal};

use super::CommandError;
use super::migrate::quoted;
use crate::output::{count, shell_quoted};

/// The number of files that an error lists.
const MOST_FILES: usize = 10;
/// The number of changes that an error lists.
const MOST_CHANGES: usize = 20;
/// Advice on a legacy file that this repository cannot have.
const ELSEWHERE: &str = "or take the records into a file of this repository: set legacy = \"…\" in the table [dual_write] of idhooks.toml, and name this file with --from";

impl From<LegacySourceRefusal> for CommandError {
    fn from(refusal: LegacySourceRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            LegacySourceRefusal::NoFile { .. } => {
                converted.hint("name the file that has the records: --from FILE")
            }
            LegacySourceRefusal::Missing(_) => converted
                .hint("name the file that has the records: --from FILE")
                .hint("if it was deleted, restore it from the last commit that had it: git log -- FILE"),
            LegacySourceRefusal::NoRecords(_) => converted
                .hint("give the files their second identities: idhooks import --ids-map FILE")
                .hint("then write both: set enabled = true and leading = \"registry\" in [dual_write] of idhooks.toml"),
            LegacySourceRefusal::NameNotText(_) => {
                converted.hint("rename the file, or a directory above it")
            }
            LegacySourceRefusal::PathNotText(_) => {
                converted.hint("rename the legacy file, or a directory above it")
            }
            LegacySourceRefusal::InSubmodule { directory, .. } => {
                let cd = shell_quoted(&directory.to_string());
                converted.hint(format!("migrate that repository: cd {cd}")).hint(ELSEWHERE)
            }
            LegacySourceRefusal::BehindLink { .. } => converted
                .hint("if it is in this repository, name its real path: --from FILE")
                .hint(ELSEWHERE),
            LegacySourceRefusal::NotCommitted { path, is_ignored } => {
                let (add, force) = (path.shell_quoted(), if is_ignored { "-f " } else { "" });
                converted.hint(format!(
                    "commit it first, so that every step can be undone: git add {force}{add} && git commit"
                ))
            }
            LegacySourceRefusal::NotNamed(only) => converted.hint(format!(
                "to migrate a program that writes '{only}': name it with --from {}",
                only.shell_quoted()
            )),
            LegacySourceRefusal::NotFound(_) => {
                converted.hint("name the file to migrate: --from FILE")
            }
            LegacySourceRefusal::Several(all) => converted
                .listing(all.iter().map(|path| format!("'{path}'")), MOST_FILES)
                .hint("name the one to migrate: --from FILE"),
            LegacySourceRefusal::PathTaken(_) => converted
                .hint("if that is the file to migrate: name it with --from")
                .hint("else name another path: legacy = \"…\" in the table [dual_write] of idhooks.toml"),
        }
    }
}

impl From<RollbackRefusal> for CommandError {
    fn from(refusal: RollbackRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            RollbackRefusal::NothingToUndo | RollbackRefusal::InPhase(_) => {
                converted.hint("see where it is: idhooks migrate status")
            }
            RollbackRefusal::NoStep(_) => {
                converted.hint("undo the commit that did: git revert COMMIT, then idhooks resolve")
            }
            RollbackRefusal::NoParent(_) => converted,
            RollbackRefusal::StepChanged(_, later) | RollbackRefusal::LegacyChanged(_, later) => {
                changed_later(converted, &later)
            }
            RollbackRefusal::CameBack { path, is_committed } => {
                let quoted = path.shell_quoted();
                match is_committed {
                    true => converted
                        .hint(format!("see what it has: git show HEAD:{quoted}"))
                        .hint(format!("if nothing in it is needed: git rm {quoted} && git commit, then run this again")),
                    false => converted.hint(format!("it is not committed: if nothing in it is needed, remove it: rm {quoted}; then run this again")),
                }
            }
        }
    }
}

/// Adds the commits that changed files since, and an alternative to undoing the steps.
fn changed_later(error: CommandError, later: &LaterChanges) -> CommandError {
    let line = |change: &LaterChange| match change {
        LaterChange::File(path) => format!("'{path}'"),
        LaterChange::Commit(path, commit, subject) => {
            format!("'{path}' in {} ({subject})", commit.short())
        }
        LaterChange::More(path, more) => {
            format!("'{path}' in {}", count(*more, "earlier commit", "earlier commits"))
        }
    };
    let error = error
        .listing(later.changes.iter().map(line), MOST_CHANGES)
        .hint("nothing was undone: what these commits say would be lost");
    if later.phase.is_dual() {
        return error.hint("to go back to the other program alone, while both are in step: git rm -r .idhooks idhooks.toml && git commit; then, in every clone: idhooks uninstall");
    }
    error.hint(format!(
        "if nothing of that is needed: git restore --source={} --staged --worktree {}; commit, then run this again",
        later.since.short(),
        quoted(&later.paths)
    ))
}
