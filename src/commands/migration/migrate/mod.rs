//! `idhooks migrate`: migrates a repository from a legacy registry file to the registry.

mod finish;
mod legacy_file_args;
mod log;
mod plan;
mod rollback;
mod run;
mod status;
mod verify;

use std::path::Path;

use clap::{Args, Subcommand};

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

use finish::FinishMigration;
use log::LogOfMigration;
use plan::PlanMigrationArgs;
use rollback::RollbackMigration;
use run::RunMigration;
use status::StatusOfMigration;
use verify::VerifyMigration;

/// Migrate from a legacy registry file to the registry, step by step
///
/// The 'dual_write' table of idhooks.toml records the phase. off: the migration has not begun.
/// legacy-leads: commits write both files, and take changes that other programs make to the legacy
/// file. registry-leads: commits write both files, and the legacy file is derived from the
/// registry. stopped: commits write only the registry. finished: the legacy file is removed. Each
/// step is a commit, made without hooks, and can be undone as long as no other commit has changed
/// the same files.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate plan
  idhooks migrate run
  idhooks migrate status

Exit code: 0 done, or nothing to do; 1 too early, you must decide first, or both sides differ; 2 an error")]
pub(in crate::commands) struct MigrateArgs {
    #[command(subcommand)]
    action: MigrateAction,
}

#[derive(Debug, Subcommand)]
enum MigrateAction {
    Plan(PlanMigrationArgs),
    Run(RunMigration),
    Verify(VerifyMigration),
    Status(StatusOfMigration),
    Log(LogOfMigration),
    Rollback(RollbackMigration),
    Finish(FinishMigration),
}

impl MigrateArgs {
    pub(in crate::commands) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        match self.action {
            MigrateAction::Plan(plan) => plan.run(ui, dir),
            MigrateAction::Run(run) => run.run(ui, dir),
            MigrateAction::Verify(verify) => verify.run(ui, dir),
            MigrateAction::Status(status) => status.run(ui, dir),
            MigrateAction::Log(log) => log.run(ui, dir),
            MigrateAction::Rollback(rollback) => rollback.run(ui, dir),
            MigrateAction::Finish(finish) => finish.run(ui, dir),
        }
    }
}
