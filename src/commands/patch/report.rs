//! What a patch, or its rollback, did, as text or JSON.

use idhooks_core::plan::patch::PatchFault;
use idhooks_core::plan::{Edit, EventKind};
use idhooks_core::registry::Object;
use serde::Serialize;

use crate::output::{Format, Ui, json};

/// The result of a patch or of its rollback.
#[derive(Default)]
pub(super) struct PatchResult<'r> {
    /// One of `applied`, `preview`, `stale`, `refused` and `undone`.
    pub(super) outcome: &'static str,
    /// The id under which the patch can be undone.
    pub(super) patch_id: Option<&'r str>,
    /// The current hash of the registry, if known.
    pub(super) registry_hash: Option<&'r str>,
    /// The changes, applied or not.
    pub(super) events: &'r [Edit],
    /// The faults.
    pub(super) faults: &'r [PatchFault],
}

#[derive(Serialize)]
struct PatchReport<'r> {
    outcome: &'static str,
    patch_id: Option<&'r str>,
    registry_hash: Option<&'r str>,
    changes: Vec<PatchRow>,
    faults: &'r [PatchFault],
}

/// A change of a patch.
#[derive(Serialize)]
struct PatchRow {
    event: EventKind,
    #[serde(flatten)]
    facts: Object,
}

impl PatchResult<'_> {
    /// Prints it.
    pub(super) fn show(&self, ui: &mut Ui, format: Format) {
        let PatchResult { outcome, patch_id, registry_hash, events, faults } = *self;
        match format {
            Format::Json => {
                let row = |edit: &Edit| PatchRow { event: edit.kind, facts: edit.facts() };
                let changes = events.iter().map(row).collect();
                let report = PatchReport { outcome, patch_id, registry_hash, changes, faults };
                ui.data(&json::document(&report));
            }
            Format::Text => ui.lines(events),
        }
    }
}
