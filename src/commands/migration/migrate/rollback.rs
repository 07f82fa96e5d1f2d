//! `idhooks migrate rollback`: undoes migration steps.

use idhooks_core::config::MigrationPhase;
use std::path::Path;

use clap::Args;
use idhooks_core::registry::RepoPath;
use idhooks_ops::{
    RollbackMigrationOptions, RolledBackMigration, open_to_change, rollback_migration,
};

use crate::commands::value_parsers::choice;
use crate::error::{CommandResult, Exit};
use crate::output::{Ui, count};

/// The phases that a rollback can return to.
const TARGETS: [MigrationPhase; 4] = [
    MigrationPhase::Off,
    MigrationPhase::LegacyLeads,
    MigrationPhase::RegistryLeads,
    MigrationPhase::Stopped,
];

/// Undo the last step of a migration, in one commit
///
/// Restores the files that the step changed, byte for byte; if the registry has changed since, the
/// legacy file is derived from it instead. If other commits have changed these files since, the
/// commits are listed and nothing is undone. An interrupted step is undone without a commit.
///
/// --to undoes all steps made after that phase was reached, in one commit.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate rollback --dry-run
  idhooks migrate rollback --to off

Exit code: 0 done; 2 nothing to undo, other commits have changed the files, or another error")]
pub(super) struct RollbackMigration {
    /// Phase to return to [default: the one before the last step]
    #[arg(long, value_parser = choice(TARGETS, MigrationPhase::as_str, None), value_name = "PHASE")]
    to: Option<MigrationPhase>,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl RollbackMigration {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let RollbackMigration { to, dry_run: is_dry_run } = self;
        let options = RollbackMigrationOptions { to, is_dry_run };
        match rollback_migration(ui, &open_to_change(dir)?, options)? {
            RolledBackMigration::Steps { files, subject, .. } if is_dry_run => {
                ui.lines(file_lines(&files, "would restore", "would remove"));
                ui.line(&format!("would commit: {subject}"));
            }
            RolledBackMigration::Steps { phase, files, is_committed, .. } => {
                ui.lines(file_lines(&files, "restored", "removed"));
                let restored = files.iter().filter(|(_, is_restored)| *is_restored).count();
                let removed = files.len() - restored;
                let restored = count(restored, "file", "files");
                ui.status(&format!("{restored} restored, {removed} removed"));
                let committed = if is_committed { " (committed)" } else { "" };
                ui.report(&format!("phase: {phase}{committed}"));
            }
            RolledBackMigration::Interrupted(to, _) if is_dry_run => {
                ui.line(&format!("would undo the interrupted step to '{to}'"));
            }
            RolledBackMigration::Interrupted(to, files) => {
                let restored = count(files, "file", "files");
                ui.report(&format!("undid the interrupted step to '{to}': {restored} restored"));
            }
            // HEAD has moved, so the step's commit may exist. If it does, it is undone like any
            // other step's commit.
            RolledBackMigration::Journal(to) => {
                ui.report(&format!(
                    "HEAD has moved since the step to '{to}' was interrupted: its journal was removed"
                ));
                ui.hint("to undo the last committed step, run this again");
            }
        }
        Ok(Exit::Fine)
    }
}

/// Returns a line for each file, which begins with `restore` if the file is restored, and with
/// `remove` if it is removed.
fn file_lines(files: &[(RepoPath, bool)], restore: &str, remove: &str) -> Vec<String> {
    let word = |is_restored: &bool| if *is_restored { restore } else { remove };
    files.iter().map(|(path, is_restored)| format!("{} '{path}'", word(is_restored))).collect()
}
