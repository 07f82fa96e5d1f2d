//! Formats the result of a patch as JSON.

use idhooks_core::plan::patch::PatchFault;
use idhooks_core::plan::{EventKind, RegistryEvent};
use idhooks_core::registry::Object;
use serde::Serialize;

use super::json::document;

/// The result of a patch.
#[derive(Serialize)]
pub struct PatchReport<'r> {
    /// One of `applied`, `preview`, `stale` and `refused`.
    pub outcome: &'static str,
    /// The current hash of the registry, if known.
    pub registry_hash: Option<&'r str>,
    /// The changes, applied or not.
    pub changes: Vec<PatchRow>,
    /// The faults.
    pub faults: &'r [PatchFault],
}

/// A change of a patch.
#[derive(Serialize)]
pub struct PatchRow {
    event: EventKind,
    #[serde(flatten)]
    facts: Object,
}

impl From<&RegistryEvent> for PatchRow {
    fn from(event: &RegistryEvent) -> Self {
        PatchRow { event: event.kind(), facts: event.facts() }
    }
}

impl PatchReport<'_> {
    /// Returns the document.
    pub fn json(&self) -> String {
        document(self)
    }
}
