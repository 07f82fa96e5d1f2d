//! What changes of a registry look like to machines, and how a patch went.

use crate::plan::RegistryEvent;
use crate::plan::patch::PatchFault;

use super::json::{document, lines, object, optional};

/// JSON Schema of what `patch --format json` prints.
pub const PATCH_REPORT_SCHEMA: &str = include_str!("schema/patch-report.json");

/// How a patch went.
pub struct PatchReport<'r> {
    /// In a word: applied, preview, stale or refused.
    pub outcome: &'static str,
    /// The hash of the registry as it is now, where that is known.
    pub registry_hash: Option<&'r str>,
    /// What changed, or would.
    pub deeds: &'r [RegistryEvent],
    /// What is wrong.
    pub faults: &'r [PatchFault],
}

impl PatchReport<'_> {
    /// Returns the document.
    pub fn json(&self) -> String {
        document(|members| {
            members.string("outcome", self.outcome);
            optional(members.key("registry_hash"), self.registry_hash);
            lines(members.key("changes"), self.deeds, |out, deed| {
                object(out, |members| {
                    members.string("event", deed.kind().as_str());
                    for (name, value) in &deed.facts() {
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
