//! The hints of migrations that do not go on.

use idhooks_core::plan::migration::{MigrationPhase, QuietTime, StepRefusal};
use idhooks_core::registry::RepoPath;
use idhooks_ops::MigrateRefusal;

use super::{CommandError, Exit};
use crate::output::{SWITCH_ON, stopped_early, to_unset};

/// The number of files that an error lists.
const MOST_FILES: usize = 10;

impl From<MigrateRefusal> for CommandError {
    fn from(refusal: MigrateRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            MigrateRefusal::NoCommit => converted
                .hint("commit your files first; every step is a commit on top of another one"),
            MigrateRefusal::Journal(error) => CommandError::from(error).hint("it only says which step this clone made last: if 'git status' shows nothing of idhooks, remove the file"),
            MigrateRefusal::StoppedEarly(legacy) => {
                let error = converted.because(&stopped_early(&legacy));
                CommandError {
                    exit: Exit::Findings,
                    ..error.hint(format!("to go on: {SWITCH_ON}"))
                }
            }
            MigrateRefusal::NoCommitter => converted
                .hint("say who you are: git config user.name NAME && git config user.email ADDRESS"),
            MigrateRefusal::Interrupted(_) => converted
                .hint("complete it: idhooks migrate run --resume")
                .hint("or undo it: idhooks migrate rollback"),
            MigrateRefusal::Contradiction { variable, .. }
            | MigrateRefusal::SwitchedOff(variable) => converted.hint(to_unset(&variable)),
            MigrateRefusal::InProgress(what) => {
                converted.because(&what).hint("commit or stash that first: git status")
            }
            MigrateRefusal::NotAsInHead { paths, new } => not_as_in_head(converted, &paths, &new),
            MigrateRefusal::TooEarly { .. } => too_early(converted, &refusal),
            MigrateRefusal::NoLegacyFile => {
                converted.hint("to begin a migration: idhooks migrate plan --from FILE")
            }
            MigrateRefusal::Step(error, target) => converted.because(&error).hint(match error {
                StepRefusal::Skipped(MigrationPhase::LegacyLeads) => {
                    "begin the migration: idhooks migrate plan, then idhooks migrate run".to_owned()
                }
                StepRefusal::Skipped(phase) => {
                    format!("first: idhooks migrate run, which goes to '{phase}'")
                }
                StepRefusal::Passed(_) => {
                    format!("to go back: idhooks migrate rollback --to {target}")
                }
            }),
            MigrateRefusal::NotEnabled(begin) => converted.hint(begin.unwrap_or_else(|| {
                "see where the migration is: idhooks migrate status".to_owned()
            })),
        }
    }
}

/// Adds which files are not as HEAD has them, and what to do with them.
fn not_as_in_head(error: CommandError, paths: &[RepoPath], new: &[RepoPath]) -> CommandError {
    let line = |path: &RepoPath| format!("'{path}' has changes that are not committed");
    let changed: Vec<_> = paths.iter().filter(|path| !new.contains(path)).cloned().collect();
    let all = quoted(paths);
    let mut error = error
        .listing(paths.iter().map(line), MOST_FILES)
        .hint(format!("commit them: git add {all} && git commit"));
    if !changed.is_empty() {
        error = error.hint(format!(
            "or restore what HEAD has: git restore --source=HEAD --staged --worktree {}",
            quoted(&changed)
        ));
    }
    if !new.is_empty() {
        error = error.hint(format!(
            "or move what HEAD does not have away, and: git rm --cached --ignore-unmatch {}",
            quoted(new)
        ));
    }
    error
}

/// Adds what is lacking before a step, and how to wait for it.
fn too_early(error: CommandError, refusal: &MigrateRefusal) -> CommandError {
    let MigrateRefusal::TooEarly { quiet, ready, legacy, is_shallow, .. } = refusal else {
        return error;
    };
    let why = match quiet {
        None if *is_shallow => "this clone lacks the commit of the last step".to_owned(),
        None => "no commit of this history shows when the phase began".to_owned(),
        Some(quiet) => format!(
            "{} without a change of '{legacy}' by another program, since {}",
            quiet.of_rule(*ready),
            quiet.since
        ),
    };
    let error = error.because(&why);
    let error = match quiet {
        None | Some(QuietTime { commits: None, .. }) if *is_shallow => {
            error.hint("get the commits that are missing: git fetch --unshallow")
        }
        _ => error,
    };
    let error = error
        .hint("wait, and check with idhooks migrate status; or add --force if you are sure that no other program writes it")
        .hint("the rule is 'ready' in the table [dual_write] of idhooks.toml");
    CommandError { exit: Exit::Findings, ..error }
}

/// Returns paths as arguments of a command.
fn quoted(paths: &[RepoPath]) -> String {
    paths.iter().map(|path| path.shell_quoted()).collect::<Vec<_>>().join(" ")
}
