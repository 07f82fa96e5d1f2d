//! [`PatchReport`]: the result of applying or rolling back a patch.

use idhooks_core::registry::Object;
use idhooks_repo::events::{Edit, EventKind};
use serde::{Serialize, Serializer};

use super::PatchFault;

idhooks_core::words! {
    /// What happened to a patch.
    pub enum PatchOutcome {
        /// It was applied.
        Applied = "applied",
        /// It would be applied or undone.
        Preview = "preview",
        /// The registry has changed since the patch was made.
        Stale = "stale",
        /// It has faults.
        Refused = "refused",
        /// It was undone.
        Undone = "undone",
    }
}

/// The result of applying or rolling back a patch.
#[derive(Debug, Serialize)]
pub struct PatchReport {
    /// The outcome.
    pub outcome: PatchOutcome,
    /// The id to use to undo the patch.
    pub patch_id: Option<String>,
    /// The registry's current hash, if known.
    pub registry_hash: Option<String>,
    /// The changes, whether they were made or not.
    #[serde(rename = "changes", serialize_with = "with_facts")]
    pub edits: Vec<Edit>,
    /// The faults.
    pub faults: Vec<PatchFault>,
    /// The number of records that rolling back restores.
    #[serde(skip)]
    pub restored: usize,
}

impl PatchReport {
    /// Returns the report for a patch without any effect.
    pub fn new(outcome: PatchOutcome, registry_hash: Option<String>) -> Self {
        let (edits, faults) = (Vec::new(), Vec::new());
        PatchReport { outcome, patch_id: None, registry_hash, edits, faults, restored: 0 }
    }
}

/// One of a patch's changes.
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
