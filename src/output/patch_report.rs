//! Formats the result of a patch as JSON.

use idhooks_core::plan::RegistryEvent;
use idhooks_core::plan::patch::PatchFault;

use super::json::{document, lines, object, optional};

/// JSON Schema of what `patch --format json` prints.
pub const PATCH_REPORT_SCHEMA: &str = include_str!("schema/patch-report.json");

/// The result of a patch.
pub struct PatchReport<'r> {
    /// One of `applied`, `preview`, `stale` and `refused`.
    pub outcome: &'static str,
    /// The current hash of the registry, if known.
    pub registry_hash: Option<&'r str>,
    /// The changes, applied or not.
    pub events: &'r [RegistryEvent],
    /// The faults.
    pub faults: &'r [PatchFault],
}

impl PatchReport<'_> {
    /// Returns the document.
    pub fn json(&self) -> String {
        document(|members| {
            members.string("outcome", self.outcome);
            optional(members.key("registry_hash"), self.registry_hash);
            lines(members.key("changes"), self.events, |out, event| {
                object(out, |members| {
                    members.string("event", event.kind().as_str());
                    for (name, value) in &event.facts() {
                        members.member(name, value);
                    }
                });
            });
            lines(members.key("faults"), self.faults, |out, fault| {
                object(out, |members| {
                    members.string("pointer", &fault.pointer);
                    members.string("message", &fault.message);
                });
            });
        })
    }
}
