//! Migrating from a legacy registry file to the registry, step by step.

mod compared;
mod context;
mod dual_write_state;
mod overview;
mod refusal;
mod status;
mod verify;
mod writes;

use idhooks_repo::git::Repo;
use idhooks_repo::store::{LegacyLog, LegacyReport};

use crate::OpsError;
pub use compared::MigrationGap;
pub use context::{MigrationContext, assert_no_contradiction};
pub use dual_write_state::DualWriteState;
pub use overview::{ComparedFiles, MigrationFacts, MigrationOverview};
pub use refusal::MigrateRefusal;
pub use status::{ForeignChange, LastStep, MigrationState, migration_state};
pub use verify::{
    MigrationVerification, MissingRecord, VerifiedRecords, verification, verify_migration,
};
pub use writes::{OperationCounts, RecentWrite};

/// Returns the last reports of what this clone took from a legacy file, the newest first, at most this many.
///
/// # Errors
/// Returns an error if they cannot be read.
pub fn migration_log(repo: &Repo, most: usize) -> Result<Vec<LegacyReport>, OpsError> {
    let mut reports = LegacyLog::in_dir(&repo.state_dir()).read()?;
    reports.reverse();
    reports.truncate(most);
    Ok(reports)
}
