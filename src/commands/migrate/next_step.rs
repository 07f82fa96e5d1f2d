//! What comes next in each phase, as lines for people.

use idhooks_core::plan::migration::MigrationPhase;
use idhooks_core::registry::RepoPath;

use crate::output::MigrationVerification;

/// Why both files are not in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// The legacy file has what the registry has not.
    Foreign,
    /// Only the registry was written: the legacy file has nothing that could be taken.
    Behind,
    /// The legacy file is missing or cannot be read, so that nothing can be taken.
    Unreadable,
}

impl Gap {
    /// Returns why the sides of a comparison are not in step.
    pub(super) fn of(both: &MigrationVerification) -> Self {
        match (&both.error, both.is_behind) {
            (Some(_), _) => Gap::Unreadable,
            (None, true) => Gap::Behind,
            (None, false) => Gap::Foreign,
        }
    }
}

/// Returns what brings both files in step again in a phase, which comes before the next one.
pub(super) fn in_step_by(phase: MigrationPhase, gap: Gap) -> &'static str {
    match (phase, gap) {
        (MigrationPhase::LegacyLeads, Gap::Foreign) => {
            "take what changed in the legacy file: idhooks migrate run"
        }
        (MigrationPhase::LegacyLeads, Gap::Behind) => {
            "write to the legacy file what only the registry has: idhooks migrate run"
        }
        (MigrationPhase::RegistryLeads, Gap::Foreign) => {
            "derive the legacy file from the registry, without what only it has: idhooks resolve, then commit; or take that: set leading = \"legacy\" in idhooks.toml, and commit"
        }
        (_, Gap::Unreadable) if phase.is_dual() => {
            "derive the legacy file from the registry: idhooks resolve, then commit; or correct it, stage it, and commit"
        }
        _ => "derive the legacy file from the registry: idhooks resolve, then commit",
    }
}

/// Returns what comes after a phase.
pub(super) fn next(phase: MigrationPhase) -> Option<&'static str> {
    match phase {
        MigrationPhase::Off => Some("idhooks migrate plan, then idhooks migrate run"),
        MigrationPhase::LegacyLeads => {
            Some("when no other program changes the legacy file any more: idhooks migrate run")
        }
        MigrationPhase::RegistryLeads => {
            Some("when no program needs the legacy file up to date any more: idhooks migrate run")
        }
        MigrationPhase::Stopped => {
            Some("when no program reads the legacy file any more: idhooks migrate run")
        }
        MigrationPhase::Finished => None,
    }
}

/// Returns what the next run will do, before it does it.
pub(super) fn announcement(
    (from, to): (MigrationPhase, MigrationPhase),
    legacy: &RepoPath,
) -> String {
    let what = match to {
        MigrationPhase::LegacyLeads if from == to => {
            return format!(
                "next: bring '{legacy}' and the registry in step, and take what changed without the hooks"
            );
        }
        MigrationPhase::Off | MigrationPhase::LegacyLeads => format!(
            "every commit writes '{legacy}' and the registry, and takes what other programs change in that file"
        ),
        MigrationPhase::RegistryLeads => {
            format!("'{legacy}' is derived from the registry; what others change in it is refused")
        }
        MigrationPhase::Stopped => format!("commits no longer write '{legacy}'"),
        MigrationPhase::Finished if from == to => {
            return "nothing to do: the migration is finished".to_owned();
        }
        MigrationPhase::Finished => format!("'{legacy}' is removed"),
    };
    format!("next step: {from} -> {to}: {what}")
}
