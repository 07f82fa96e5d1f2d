//! The next steps in each phase, as lines for people.

use idhooks_core::config::MigrationPhase;
use idhooks_core::registry::{RepoPath, Sequence};
use idhooks_ops::{MigrationConflict, MigrationGap, MigrationNote};

/// How to continue a migration whose dual write was switched off while the legacy file leads.
pub(in crate::commands) const SWITCH_ON: &str = "set enabled = true there, and commit";

/// Returns how to bring both files in step again in a phase, which comes before the next one.
pub(in crate::commands) fn in_step_by(phase: MigrationPhase, gap: MigrationGap) -> &'static str {
    match (phase, gap) {
        (MigrationPhase::LegacyLeads, MigrationGap::Foreign) => {
            "take what changed in the legacy file: idhooks migrate run"
        }
        (MigrationPhase::LegacyLeads, MigrationGap::Behind) => {
            "write to the legacy file what only the registry has: idhooks migrate run"
        }
        (MigrationPhase::RegistryLeads, MigrationGap::Foreign) => {
            "derive the legacy file from the registry, without what only it has: idhooks resolve, then commit; or take that: set leading = \"legacy\" in idhooks.toml, and commit"
        }
        (_, MigrationGap::Unreadable) if phase.is_dual() => {
            "derive the legacy file from the registry: idhooks resolve, then commit; or correct it, stage it, and commit"
        }
        _ => "derive the legacy file from the registry: idhooks resolve, then commit",
    }
}

/// Returns the step after a phase.
pub(in crate::commands) fn next_after(phase: MigrationPhase) -> Option<&'static str> {
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

/// Returns why there is no next step if the legacy file leads, but dual write was switched off.
pub(in crate::commands) fn stopped_early(legacy: &RepoPath) -> String {
    format!(
        "'{legacy}' leads, but enabled = false in [dual_write] of idhooks.toml: commits neither write it nor take what it has"
    )
}

/// Returns advice on an environment variable that contradicts the rules.
pub(in crate::commands) fn to_unset(variable: &str) -> String {
    let name = variable.split('=').next().unwrap_or_default();
    format!("the phases follow from idhooks.toml: unset {name}, then run it again")
}

/// Returns advice on records and files that need a decision.
pub(in crate::commands) fn to_decide(phase: MigrationPhase) -> &'static str {
    match phase {
        MigrationPhase::Off => {
            "correct what the lines with 'skip' name, the record in the legacy file or the name of the file, commit that, then run it again"
        }
        _ => {
            "correct what the lines with 'skip' name, in the legacy file or in the registry, commit that, then run it again"
        }
    }
}

/// Returns why something cannot be taken from a legacy file.
pub(super) fn conflict_reason(conflicts: &[MigrationConflict]) -> String {
    conflicts.iter().map(conflict_text).collect::<Vec<_>>().join("; ")
}

fn conflict_text(conflict: &MigrationConflict) -> String {
    match conflict {
        MigrationConflict::Record(conflict) => conflict.to_string(),
        MigrationConflict::Unclear { file, path_keys } => file.question(path_keys),
        MigrationConflict::Name(unkept) => format!(
            "{unkept}: rename the file, or give all such files new identities with --no-adopt-names"
        ),
        MigrationConflict::BeyondBound { counter, number, bound, suggestion } => format!(
            "{counter}: the other program is at {number} in this counter, beyond bound = {bound} in [dual_write]; raise it to {suggestion}, or more"
        ),
        MigrationConflict::Fault(finding) => finding.message.clone(),
        MigrationConflict::Lost(_) => {
            "the next commit would not keep it: its file is not there".to_owned()
        }
    }
}

/// Returns a remark on a planned migration.
pub(super) fn migration_note(note: &MigrationNote) -> String {
    match note {
        MigrationNote::Kept(note) => note.clone(),
        MigrationNote::Settings(path) => format!(
            "'{path}' has settings; to take TYPE and namespaces from it first: idhooks import --config {} && git add idhooks.toml && git commit -m 'Settings of idhooks'",
            path.shell_quoted()
        ),
        MigrationNote::OtherScopes { settings, registry } => {
            let scopes: Vec<String> =
                settings.iter().map(|(path, own)| format!("'{path}' has scope {own}")).collect();
            format!(
                "{}, but the registry has {registry}, which stays; to use these settings, remove the scope there; to choose that scope, write it as 'scope' into the registry first",
                scopes.join(", ")
            )
        }
        MigrationNote::NoCounters { format, bound } => {
            let without = if *bound > 0 { ", and bound in [dual_write] has no effect" } else { "" };
            format!(
                "a {format} file has no counters{without}: a program that goes on from the highest number in it soon has none left, since idhooks gives numbers up to {}; let that program ask idhooks for numbers instead ('idhooks allocate'), or keep its count elsewhere",
                Sequence::MAX
            )
        }
        MigrationNote::NoBound { suggestion } => format!(
            "idhooks lists its own numbers in 'reserved' and leaves 'current' to the other program; if that program does not skip reserved numbers, first commit bound = {suggestion} in the table [dual_write] of idhooks.toml: numbers up to {suggestion} are then left to it"
        ),
    }
}
