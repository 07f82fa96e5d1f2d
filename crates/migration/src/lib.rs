//! The decisions behind an import or a migration, as values: how records from another registry
//! match the existing ones, second identities by path, the settings of a classic identity tool, and
//! the steps of a migration. Nothing here reads files, the clock or the environment.

mod classic;
mod ids_map;
mod import_conflict;
mod match_imported;
mod migration_run;
mod phase_transition;
mod quiet_time;

pub use classic::{Classic, Remark};
pub use ids_map::{MapContext, MapFault, MapOutcome, MapProblem, apply_map};
pub use import_conflict::ImportConflict;
pub use match_imported::{ImportTarget, MatchedImport};
pub use migration_run::{MigratedFile, MigrationRun, MigrationRunError};
pub use phase_transition::{StepRefusal, is_step};
pub use quiet_time::QuietTime;
