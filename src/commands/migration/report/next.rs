//! Advises on the next step in each phase, as text.

use idhooks_core::config::MigrationPhase;
use idhooks_core::registry::{RepoPath, Sequence};
use idhooks_ops::{MigrationConflict, MigrationGap, MigrationNote};

/// How to continue a migration after dual write was switched off while the legacy file leads.
pub(in crate::commands) const SWITCH_ON: &str = "set enabled = true there, and commit";

/// Returns advice on bringing both files back in step, which the next step requires.
pub(in crate::commands) fn in_step_by(phase: MigrationPhase, gap: MigrationGap) -> &'static str {
    match (phase, gap) {
        (MigrationPhase::LegacyLeads, MigrationGap::Foreign) => {
            "take the changes in the legacy file: idhooks migrate run"
        }
        (MigrationPhase::LegacyLeads, MigrationGap::Behind) => {
            "write the missing records to the legacy file: idhooks migrate run"
        }
        (MigrationPhase::RegistryLeads, MigrationGap::Foreign) => {
            "derive the legacy file from the registry and drop its own changes: idhooks resolve, then commit; or take them: set leading = \"legacy\" in idhooks.toml, and commit"
        }
        (_, MigrationGap::Unreadable) if phase.is_dual() => {
            "derive the legacy file from the registry: idhooks resolve, then commit; or fix it, stage it, and commit"
        }
        _ => "derive the legacy file from the registry: idhooks resolve, then commit",
    }
}

/// Describes how to move on from a phase.
pub(in crate::commands) fn next_after(phase: MigrationPhase) -> Option<&'static str> {
    match phase {
        MigrationPhase::Off => Some("idhooks migrate plan, then idhooks migrate run"),
        MigrationPhase::LegacyLeads => {
            Some("once no other program changes the legacy file: idhooks migrate run")
        }
        MigrationPhase::RegistryLeads => {
            Some("once no program needs the legacy file up to date: idhooks migrate run")
        }
        MigrationPhase::Stopped => {
            Some("once no program reads the legacy file: idhooks migrate run")
        }
        MigrationPhase::Finished => None,
    }
}

/// Returns the reason that there is no next step if the legacy file leads but dual write was
/// switched off.
pub(in crate::commands) fn stopped_early(legacy: &RepoPath) -> String {
    format!(
        "'{legacy}' leads, but enabled = false in [dual_write] of idhooks.toml: commits neither write it nor take its changes"
    )
}

/// Returns advice on an environment variable that contradicts the rules.
pub(in crate::commands) fn to_unset(variable: &str) -> String {
    // `variable` includes the value, but `unset` accepts only a name.
    let name = variable.split('=').next().unwrap_or_default();
    format!("idhooks.toml determines the phase: unset {name}, then run this again")
}

/// Returns advice on records and files that need a decision.
pub(in crate::commands) fn to_decide(phase: MigrationPhase) -> &'static str {
    match phase {
        MigrationPhase::Off => {
            "for each line with 'skip', fix the record in the legacy file or the name of the file, commit, then run this again"
        }
        _ => {
            "for each line with 'skip', fix the record in the legacy file or in the registry, commit, then run this again"
        }
    }
}

/// Returns the reason that a record cannot be taken from a legacy file.
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
            "the next commit would drop it: its file is missing".to_owned()
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
                "{}, but the registry has {registry}, which stays; to use these settings, remove the scope from them; to use that scope, first set 'scope' in the registry to it",
                scopes.join(", ")
            )
        }
        MigrationNote::NoCounters { format, bound } => {
            let without = if *bound > 0 { ", and bound in [dual_write] has no effect" } else { "" };
            format!(
                "a {format} file has no counters{without}: a program that continues from the highest number in it soon has none left, since idhooks gives numbers up to {}; let that program ask idhooks for numbers instead ('idhooks allocate'), or keep its count elsewhere",
                Sequence::MAX
            )
        }
        MigrationNote::NoBound { suggestion } => format!(
            "idhooks lists its own numbers in 'reserved' and leaves 'current' to the other program; if that program does not skip reserved numbers, first commit bound = {suggestion} in the table [dual_write] of idhooks.toml: idhooks then allocates only numbers above {suggestion}"
        ),
    }
}
