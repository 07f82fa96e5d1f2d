//! [`PatchReport`]: the result of a patch or its rollback.

use idhooks_core::registry::Object;
use idhooks_repo::events::{Edit, EventKind};
use serde::{Serialize, Serializer};

use super::PatchFault;

idhooks_core::words! {
    /// The outcome of a patch.
    pub enum PatchOutcome {
        /// It was applied.
        Applied = "applied",
        /// It would be applied, or undone.
        Preview = "preview",
        /// The registry has changed since it was made.
        Stale = "stale",
        /// It has faults.
        Refused = "refused",
        /// It was undone.
        Undone = "undone",
    }
}

/// The result of a patch or its rollback.
#[derive(Debug, Serialize)]
pub struct PatchReport {
    /// Its outcome.
    pub outcome: PatchOutcome,
    /// The id under which it can be undone.
    pub patch_id: Option<String>,
    /// The current hash of the registry, if it is known.
    pub registry_hash: Option<String>,
    /// The changes, made or not.
    #[serde(rename = "changes", serialize_with = "with_facts")]
    pub edits: Vec<Edit>,
    /// The faults.
    pub faults: Vec<PatchFault>,
    /// The number of records that a rollback restores.
    #[serde(skip)]
    pub restored: usize,
}

impl PatchReport {
    /// Returns the report of a patch without an effect.
    pub fn new(outcome: PatchOutcome, registry_hash: Option<String>) -> Self {
        let (edits, faults) = (Vec::new(), Vec::new());
        PatchReport { outcome, patch_id: None, registry_hash, edits, faults, restored: 0 }
    }
}

/// A change of a patch.
#[derive(Serialize)]
struct PatchRow {
    event: EventKind,
    #[serde(flatten)]
    facts: Object,
}

fn with_facts<S: Serializer>(edits: &[Edit], serializer: S) -> Result<S::Ok, S::Error> {
    let row = |edit: &Edit| PatchRow { event: edit.kind, facts: edit.facts() };
    serializer.collect_seq(edits.iter().map(row))
}
