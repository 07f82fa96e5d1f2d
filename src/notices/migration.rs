//! Announces the next step of a migration.

use idhooks_core::config::MigrationPhase;
use idhooks_core::registry::RepoPath;

/// Returns the announcement for the next run.
pub(super) fn announcement(from: MigrationPhase, to: MigrationPhase, legacy: &RepoPath) -> String {
    let what = match to {
        // The phase does not change: while the files differ, `migrate run` only takes what is
        // missing.
        MigrationPhase::LegacyLeads if from == to => {
            return format!(
                "next: bring '{legacy}' and the registry in step, and take changes made without hooks"
            );
        }
        MigrationPhase::Off | MigrationPhase::LegacyLeads => format!(
            "every commit writes '{legacy}' and the registry, and takes changes by other programs in that file"
        ),
        MigrationPhase::RegistryLeads => {
            format!(
                "'{legacy}' is derived from the registry; changes by other programs are refused"
            )
        }
        MigrationPhase::Stopped => format!("commits no longer write '{legacy}'"),
        MigrationPhase::Finished if from == to => {
            return "nothing to do: the migration is finished".to_owned();
        }
        MigrationPhase::Finished => format!("'{legacy}' is removed"),
    };
    format!("next step: {from} -> {to}: {what}")
}
