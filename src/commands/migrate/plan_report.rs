//! Prints what a migration would do with the records of a legacy file.

use idhooks_core::plan::migration::MigrationPhase;

use crate::output::{
    KeptNumber, MigrationFormat, MigrationPlan, PlannedRecord, Ui, migration_plan_json,
};

use super::decisions::to_decide;
use super::planned::PlannedMigration;
use super::source::LegacySource;

/// Prints a plan.
pub(super) fn show(
    ui: &mut Ui,
    planned: &PlannedMigration,
    source: &LegacySource,
    (phase, records): (MigrationPhase, Vec<PlannedRecord>),
    format: MigrationFormat,
) {
    let plan = MigrationPlan {
        phase,
        source: source.name(),
        path: source.rules.legacy.to_string(),
        format: source.rules.format.as_str(),
        records,
        questions: planned.questions(),
        to_do: planned.is_refused().then(|| to_decide(phase)),
        added: planned.added(),
        // Later, only what this run changes is of interest.
        counters: planned.counters(&source.rules, phase != MigrationPhase::Off),
        head: planned.head_changes().to_vec(),
        path_keys: planned.path_keys.clone(),
        kept: planned.kept.iter().map(|(id, path)| KeptNumber::of(*id, path)).collect(),
        notes: planned.notes.clone(),
    };
    match format {
        MigrationFormat::Json => ui.data(&migration_plan_json(&plan)),
        MigrationFormat::Markdown => ui.data(&plan.markdown()),
        MigrationFormat::Text => ui.lines(plan.lines()),
    }
}
