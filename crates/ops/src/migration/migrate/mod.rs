//! Migrating from a legacy file to the registry, step by step.

mod adopted_names;
mod context;
mod dual_write_text;
mod finish;
mod foreign_settings;
mod foreign_write;
mod gap;
mod import_step;
mod journal;
mod number_bound;
mod options;
mod plan;
mod planned_migration;
mod rebuild;
mod refusal;
mod report;
mod rollback;
mod rollback_refusal;
mod run;
mod source;
mod source_refusal;
mod status;
mod step;
mod step_files;
mod verification;
mod verify;

use idhooks_core::config::MigrationPhase;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::migration_phase;
use idhooks_repo::store::{LegacyLog, LegacyReport};

use self::journal::MigrationFile;
use crate::OpsError;
use idhooks_migration::MigrationRun;

pub use finish::finish_migration;
pub use gap::MigrationGap;
pub use options::{FinishMigrationOptions, MigrationRunReport, RunMigrationOptions};
pub use plan::{
    AddedRecord, KeptNumber, MigrationConflict, MigrationNote, MigrationPlan, MigrationQuestion,
    PlannedCounter, PlannedRecord, RecordOutcome,
};
pub use refusal::MigrateRefusal;
pub use report::MigrationStepReport;
pub use rollback::{RollbackMigrationOptions, RolledBackMigration, rollback_migration};
pub use rollback_refusal::{LaterChange, LaterChanges, RollbackRefusal};
pub use run::{plan_migration, run_migration};
pub use source::LegacyFileOptions;
pub use source_refusal::LegacySourceRefusal;
pub use status::{ForeignChange, MigrationState, migration_state};
pub use verification::{MigrationVerification, MissingRecord};
pub use verify::{VerifiedRecords, verify_migration};

/// Returns the migration's phase and progress at a commit; see [`crate::steps::MIGRATION`].
///
/// # Errors
/// Returns an error if the journal, `idhooks.toml` or the history cannot be read.
pub(crate) fn migration_progress(
    repo: &Repo,
    commit: CommitId,
) -> Result<(MigrationPhase, f64), OpsError> {
    let run = MigrationFile::in_dir(&repo.worktree_state_dir()).read()?;
    let phase = migration_phase(repo, commit, run.is_some())?;
    Ok((phase, MigrationRun::progress(run.as_ref(), phase)))
}

/// Returns at most this many reports about changes that this clone took from a legacy file, newest
/// first.
///
/// # Errors
/// Returns an error if the reports cannot be read.
pub fn migration_log(repo: &Repo, most: usize) -> Result<Vec<LegacyReport>, OpsError> {
    let mut reports = LegacyLog::in_dir(&repo.state_dir()).read()?;
    // New reports are appended to the log, so the newest come last.
    reports.reverse();
    reports.truncate(most);
    Ok(reports)
}
