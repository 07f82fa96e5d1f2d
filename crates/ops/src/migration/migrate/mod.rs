//! Migrating from a legacy registry file to the registry, step by step.

mod bound;
mod compared;
mod context;
mod discovery;
mod dual_write_state;
mod finish;
mod import_step;
mod options;
mod overview;
mod plan;
mod planned;
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
mod verification;
mod verify;
mod writes;

use idhooks_repo::git::Repo;
use idhooks_repo::store::{LegacyLog, LegacyReport};

use crate::OpsError;
pub use compared::MigrationGap;
pub use dual_write_state::DualWriteState;
pub use finish::{finish_migration, only_in};
pub use options::{FinishMigrationOptions, MigrationRunReport, RunMigrationOptions};
pub use overview::{ComparedFiles, MigrationFacts, MigrationOverview};
pub use plan::{
    AddedRecord, KeptNumber, MigrationConflict, MigrationNote, MigrationPlan, MigrationQuestion,
    PlannedCounter, PlannedRecord, RecordOutcome,
};
pub use refusal::{LegacyFault, MigrateRefusal};
pub use report::MigrationStepReport;
pub use rollback::{RollbackMigrationOptions, RolledBackMigration, rollback_migration};
pub use rollback_refusal::{LaterChange, LaterChanges, RollbackRefusal};
pub use run::{plan_migration, run_migration};
pub use source::LegacyFileOptions;
pub use source_refusal::LegacySourceRefusal;
pub use status::{ForeignChange, LastStep, MigrationState, migration_state};
pub use verification::{MigrationVerification, MissingRecord};
pub use verify::{VerifiedRecords, verify_migration};
pub use writes::{OperationCounts, RecentWrite};

/// Returns the last reports about changes that this clone took from a legacy file, the newest
/// first, at most this many.
///
/// # Errors
/// Returns an error if they cannot be read.
pub fn migration_log(repo: &Repo, most: usize) -> Result<Vec<LegacyReport>, OpsError> {
    let mut reports = LegacyLog::in_dir(&repo.state_dir()).read()?;
    reports.reverse();
    reports.truncate(most);
    Ok(reports)
}
