//! Records and settings from other programs: importing them all at once, or migrating to the
//! registry step by step.

mod import;
mod migrate;

pub use import::{
    ImportFileOptions, ImportOptions, ImportRefusal, ImportReport, ImportedIds, ImportedRecords,
    ImportedSettings, ImportedText, RefusedLine, import, import_second_ids, import_settings,
    undo_import,
};
pub(crate) use migrate::migration_progress;
pub use migrate::{
    AddedRecord, FinishMigrationOptions, ForeignChange, KeptNumber, LaterChange, LaterChanges,
    LegacyFileOptions, LegacySourceRefusal, MigrateRefusal, MigrationConflict, MigrationGap,
    MigrationNote, MigrationPlan, MigrationQuestion, MigrationRunReport, MigrationState,
    MigrationStepReport, MigrationVerification, MissingRecord, PlannedCounter, PlannedRecord,
    RecordOutcome, RollbackMigrationOptions, RollbackRefusal, RolledBackMigration,
    RunMigrationOptions, VerifiedRecords, finish_migration, migration_log, migration_state,
    plan_migration, rollback_migration, run_migration, verify_migration,
};
