//! Hints for refused imports, and for migrations that cannot continue.

use idhooks_core::config::MigrationPhase;
use idhooks_core::registry::{REGISTRY_PATH, RepoPath};
use idhooks_ops::{
    CommitId, ImportRefusal, ImportedText, LaterChange, LaterChanges, LegacyFault,
    LegacySourceRefusal, MOST_REASONS, MigrateRefusal, QuietTime, RefusedLine, RollbackRefusal,
    StepRefusal,
};

use super::report::next::{SWITCH_ON, in_step_by, stopped_early, to_unset};
use super::report::verification_summary;
use crate::error::{CommandError, Exit, path_hint, with_fault};
use crate::output::{count, shell_quoted};

/// The maximum number of files that an error lists.
const MOST_FILES: usize = 10;
/// The maximum number of records that an error lists.
const MOST_RECORDS: usize = 20;
/// The maximum number of changes that an error lists.
const MOST_CHANGES: usize = 20;
/// Advice on a legacy file outside this repository.
const ELSEWHERE: &str = "or copy the records to a file of this repository: set legacy = \"…\" in the table [dual_write] of idhooks.toml, and pass this file with --from";

impl From<MigrateRefusal> for CommandError {
    fn from(refusal: MigrateRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            MigrateRefusal::NoCommit => converted
                .hint("commit your files first; every step is a commit on top of another one"),
            MigrateRefusal::Journal(error) => CommandError::from(error).hint("it only records the last step of this clone: if 'git status' shows no changes by idhooks, remove the file"),
            MigrateRefusal::StoppedEarly(legacy) => {
                let error = converted.because(&stopped_early(&legacy));
                with_findings(error.hint(format!("to continue: {SWITCH_ON}")))
            }
            // The committer is checked before anything is changed: otherwise, `git commit` would
            // fail in the middle of the step.
            MigrateRefusal::NoCommitter => converted
                .hint("set your name: git config user.name NAME && git config user.email ADDRESS"),
            MigrateRefusal::Interrupted(_) => converted
                .hint("complete it: idhooks migrate run --resume")
                .hint("or undo it: idhooks migrate rollback"),
            // Every clone evaluates a step from its commit, but other clones do not have this
            // variable set.
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
                    format!("first run: idhooks migrate run, the step to '{phase}'")
                }
                StepRefusal::Passed(_) => {
                    format!("to go back: idhooks migrate rollback --to {target}")
                }
            }),
            MigrateRefusal::NotEnabled(begin) => converted.hint(begin.unwrap_or_else(|| {
                "show the state of the migration: idhooks migrate status".to_owned()
            })),
            refusal => of_step(converted, refusal),
        }
    }
}

/// Adds advice on a step that cannot be run.
fn of_step(error: CommandError, refusal: MigrateRefusal) -> CommandError {
    match refusal {
        MigrateRefusal::CounterFull(finding) => {
            let error = error.hint(finding.help);
            with_findings(finding.paste.into_iter().fold(error, CommandError::hint))
        }
        MigrateRefusal::NotComparable(why) => {
            CommandError { exit: Exit::Internal, ..error.because(&why) }
        }
        MigrateRefusal::OtherTable(table) => {
            let hint = "replace it by these lines, commit the change, and run the command again:";
            table.to_string().lines().fold(error.hint(hint), CommandError::hint)
        }
        MigrateRefusal::NoAttributesFile => error
            .hint("git reads no attributes from a symbolic link: replace it by the file itself"),
        MigrateRefusal::NothingToResume => error.hint("show its state: idhooks migrate status"),
        MigrateRefusal::HeadMoved(_) => error.hint("undo its leftovers: idhooks migrate rollback"),
        MigrateRefusal::ChangedSince { paths, resumes, .. } => {
            let error = error.listing(paths.iter().map(|path| format!("'{path}'")), MOST_FILES);
            error.hint(match resumes {
                true => "stash your edits: git stash; then complete the step: idhooks migrate run --resume",
                false => "stash your edits: git stash; then undo the step: idhooks migrate rollback",
            })
        }
        MigrateRefusal::NotInStep { phase, both, .. } => {
            let error = error.because(&verification_summary(&both));
            with_findings(error.hint(in_step_by(phase, both.gap())))
        }
        MigrateRefusal::Faults(..) => {
            with_findings(error.hint("fix them, commit, then run it again"))
        }
        MigrateRefusal::NotMade { error, is_unfinished } => match is_unfinished {
            true => CommandError::from(*error)
                .hint("then complete the step: idhooks migrate run --resume")
                .hint("or undo it: idhooks migrate rollback"),
            false => CommandError::from(*error).hint("nothing was changed"),
        },
        refusal => of_legacy_file(error, refusal),
    }
}

/// Adds advice on a legacy file that cannot be removed, or cannot be used to rebuild the registry.
fn of_legacy_file(error: CommandError, refusal: MigrateRefusal) -> CommandError {
    match refusal {
        MigrateRefusal::NothingToFinish => error.hint("show its state: idhooks migrate status"),
        MigrateRefusal::StillWritten(phase) => error
            .because(&format!("the migration is in the phase '{phase}'"))
            .hint("first run: idhooks migrate run"),
        MigrateRefusal::HeadUnreadable => {
            error.hint("see the problem and its remedy: idhooks check --rev HEAD")
        }
        MigrateRefusal::NotDerived { legacy, fault, last_step } => {
            not_derived(error, &legacy, fault, last_step)
        }
        MigrateRefusal::NotWritten { .. } => {
            error.hint("restore a backup instead: idhooks backup list")
        }
        MigrateRefusal::RecordsLost { records, .. } => with_findings(
            error
                .listing(
                    records.iter().map(|(id, path)| format!("{id} for '{path}'")),
                    MOST_RECORDS,
                )
                .hint("nothing was changed; list the differences: idhooks migrate verify")
                .hint(format!("the registry can be restored: git log -- {REGISTRY_PATH}")),
        ),
        MigrateRefusal::NotInHead(_) => {
            error.hint("derive it from the registry: idhooks resolve; then commit")
        }
        MigrateRefusal::LegacyUnreadable(legacy, why) => error
            .because(&why)
            .hint(format!("find a commit with an intact version: git log -- {legacy}")),
        _ => error,
    }
}

/// Adds a list of the data in a legacy file that idhooks did not write, and advice on importing it.
fn not_derived(
    error: CommandError,
    legacy: &RepoPath,
    fault: LegacyFault,
    last_step: Option<CommitId>,
) -> CommandError {
    let quoted = legacy.shell_quoted();
    let error = with_fault(error, fault)
        .hint(format!("nothing was removed; see the changes: git log -p -- {quoted}"))
        .hint(format!(
            "import it into the registry: idhooks import {quoted} --update; then commit"
        ));
    with_findings(match last_step {
        Some(step) => error.hint(format!(
            "then restore the file: git restore --source={} --staged --worktree {quoted}; then commit",
            step.short()
        )),
        None => error.hint("then restore the file, and commit"),
    })
}

/// Returns the error with the exit code for findings: both sides are intact, and a human has to
/// decide.
fn with_findings(error: CommandError) -> CommandError {
    CommandError { exit: Exit::Findings, ..error }
}

/// Adds the files that differ from HEAD, and advice on them.
fn not_as_in_head(error: CommandError, paths: &[RepoPath], new: &[RepoPath]) -> CommandError {
    let line = |path: &RepoPath| format!("'{path}' has uncommitted changes");
    let changed: Vec<_> = paths.iter().filter(|path| !new.contains(path)).cloned().collect();
    let all = quoted(paths);
    let mut error = error
        .listing(paths.iter().map(line), MOST_FILES)
        .hint(format!("commit them: git add {all} && git commit"));
    if !changed.is_empty() {
        error = error.hint(format!(
            "or restore the version in HEAD: git restore --source=HEAD --staged --worktree {}",
            quoted(&changed)
        ));
    }
    if !new.is_empty() {
        error = error.hint(format!(
            "or move files that are not in HEAD away, and: git rm --cached --ignore-unmatch {}",
            quoted(new)
        ));
    }
    error
}

/// Adds a step's unmet preconditions, and advice on waiting for them.
fn too_early(error: CommandError, refusal: &MigrateRefusal) -> CommandError {
    let MigrateRefusal::TooEarly { quiet, ready, legacy, is_shallow, .. } = refusal else {
        return error;
    };
    let why = match quiet {
        None if *is_shallow => "this clone lacks the commit of the last step".to_owned(),
        None => "no commit in this history shows when the phase began".to_owned(),
        Some(quiet) => format!(
            "{} without a change to '{legacy}' by another program, since {}",
            quiet.of_rule(*ready),
            quiet.since
        ),
    };
    let error = error.because(&why);
    let error = match quiet {
        None | Some(QuietTime { commits: None, .. }) if *is_shallow => {
            error.hint("fetch the missing commits: git fetch --unshallow")
        }
        _ => error,
    };
    with_findings(error
        .hint("wait, and check with 'idhooks migrate status'; or add --force if you are sure that no other program writes it")
        .hint("the rule is 'ready' in the table [dual_write] of idhooks.toml"))
}

/// Returns paths quoted as arguments of a shell command.
fn quoted(paths: &[RepoPath]) -> String {
    paths.iter().map(|path| path.shell_quoted()).collect::<Vec<_>>().join(" ")
}

impl From<LegacySourceRefusal> for CommandError {
    fn from(refusal: LegacySourceRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            LegacySourceRefusal::NoFile { .. } => {
                converted.hint("name the file with the records: --from FILE")
            }
            LegacySourceRefusal::Missing(_) => converted
                .hint("name the file with the records: --from FILE")
                .hint("if it was deleted, restore it from the last commit that had it: git log -- FILE"),
            LegacySourceRefusal::NoRecords(_) => converted
                .hint("give the files second identities: idhooks import --ids-map FILE")
                .hint("then write both files: set enabled = true and leading = \"registry\" in [dual_write] of idhooks.toml"),
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
                .hint("if that is the file to migrate, name it with --from")
                .hint("else set another path: legacy = \"…\" in the table [dual_write] of idhooks.toml"),
        }
    }
}

impl From<RollbackRefusal> for CommandError {
    fn from(refusal: RollbackRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            RollbackRefusal::NothingToUndo | RollbackRefusal::InPhase(_) => {
                converted.hint("show its state: idhooks migrate status")
            }
            RollbackRefusal::NoStep(_) => converted
                .hint("undo the commit that did it: git revert COMMIT, then idhooks resolve"),
            RollbackRefusal::NoParent(_) => converted,
            RollbackRefusal::StepChanged(_, later) | RollbackRefusal::LegacyChanged(_, later) => {
                changed_later(converted, &later)
            }
            RollbackRefusal::CameBack { path, is_committed } => {
                let quoted = path.shell_quoted();
                match is_committed {
                    true => converted
                        .hint(format!("see its content: git show HEAD:{quoted}"))
                        .hint(format!("if you do not need it: git rm {quoted} && git commit, then run this again")),
                    false => converted.hint(format!("it is not committed; if you do not need it: rm {quoted}, then run this again")),
                }
            }
        }
    }
}

/// Adds the commits that have changed files since, and an alternative to undoing the steps.
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
        .hint("nothing was undone: the changes in these commits would be lost");
    // The other program can keep using its own file without undoing any step.
    if later.phase.is_dual() {
        return error.hint("to return to the other program alone, while both are in step: git rm -r .idhooks idhooks.toml && git commit; then, in every clone: idhooks uninstall");
    }
    error.hint(format!(
        "if you do not need them: git restore --source={} --staged --worktree {}; commit, then run this again",
        later.since.short(),
        quoted(&later.paths)
    ))
}

impl From<ImportRefusal> for CommandError {
    fn from(refusal: ImportRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            ImportRefusal::Conflicts { conflicts, joinable } => {
                let error = converted.listing(conflicts, MOST_REASONS).hint("nothing was imported; fix these records in the file, or remove those whose files have an identity here, then import it again");
                match joinable {
                    0 => error,
                    _ => error.hint("if a file has another identity here, --update makes the imported one its alias"),
                }
            }
            ImportRefusal::NoRepository(_) => converted.hint(
                "name a commit that has a registry, such as FETCH_HEAD, a clone, or a registry file",
            ),
            ImportRefusal::Ambiguous(name) => converted
                .hint(format!("for the file or directory: {}", shell_quoted(&format!("./{name}")))),
            ImportRefusal::SameScope(..) => converted.hint(
                "import takes the records of another adoption; branches and clones of this one: git merge",
            ),
            ImportRefusal::NoFiles { .. } => converted
                .hint("commit or stage the files first; name their directory with --prefix"),
            ImportRefusal::NoFile(_, ImportedText::Settings) => {
                converted.hint("name the settings to import, such as IDENTITY_CONFIG.yaml")
            }
            ImportRefusal::NoFile(_, ImportedText::SecondIds) => {
                converted.hint("name a file with lines such as: DOC-0001 docs/intro.md")
            }
            ImportRefusal::NotText(_, error) => {
                converted.because(&error).hint("save it as UTF-8, then import it again")
            }
            ImportRefusal::Lines(_, lines) => converted
                .listing(lines.iter().map(line), MOST_REASONS)
                .hint("write paths from the repository root; fix the lines, then import the file again")
                .hint("to replace existing second identities: add --force"),
            ImportRefusal::Settings(_, faults) => converted.listing(faults, MOST_REASONS).hint(
                "fix the file, or write idhooks.toml yourself; its format: idhooks schema config",
            ),
            ImportRefusal::OtherScope { .. } => converted
                .hint("the scope of a repository never changes: remove it from the file"),
            ImportRefusal::NoConfigFile => converted.hint("move it away"),
            ImportRefusal::ConfigExists => converted
                .hint("to see what would be written: add --dry-run")
                .hint("to overwrite it and lose its own settings: add --force"),
        }
    }
}

/// Describes an invalid line in a map, with advice.
fn line(RefusedLine { fault, advice }: &RefusedLine) -> String {
    match advice {
        Some(advice) => format!("{fault}; {}", path_hint(advice)),
        None => fault.to_string(),
    }
}
