//! What changes of a registry look like to machines, and how a patch went.

use crate::plan::patch::Fault;
use crate::plan::{Deed, Edit};
use crate::registry::json::Members;

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
    pub deeds: &'r [Deed],
    /// What is wrong.
    pub faults: &'r [Fault],
}

impl PatchReport<'_> {
    /// Returns the document.
    pub fn json(&self) -> String {
        document(|members| {
            members.string("outcome", self.outcome);
            optional(members.key("registry_hash"), self.registry_hash);
            lines(members.key("changes"), self.deeds, |out, deed| {
                object(out, |members| write_deed(members, deed));
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

/// Adds what an object says of a change: what it is, of which identity and path, and what else
/// there is to say.
pub fn write_deed(members: &mut Members<'_>, deed: &Deed) {
    members.string("change", word(deed));
    members.string("id", &deed.id().to_string());
    if let Some(path) = deed.path() {
        members.string("path", &path.to_string());
    }
    match deed {
        Deed::Edit(Edit::Allocate { copied_from: Some(source), .. }) => {
            members.string("copied_from", source);
        }
        Deed::Edit(Edit::Rename { from, .. }) => members.string("from", &from.to_string()),
        Deed::Edit(Edit::Retire { reason, .. }) => members.string("reason", reason),
        Deed::Edit(Edit::Renumber { old, .. }) => members.string("old_id", &old.to_string()),
        Deed::Supersede { by: Some(by), .. } => members.string("by", by),
        Deed::Note { field, before, after, .. } => {
            members.string("field", field);
            for (name, value) in [("old", before), ("new", after)] {
                if let Some(value) = value {
                    members.member(name, value);
                }
            }
        }
        _ => {}
    }
}

/// Returns what a change is, in a word.
pub fn word(deed: &Deed) -> &'static str {
    match deed {
        Deed::Edit(Edit::Allocate { .. }) => "allocation",
        Deed::Edit(Edit::Rename { .. }) => "move",
        Deed::Edit(Edit::Revive { .. }) => "revival",
        Deed::Edit(Edit::Retire { .. }) => "deprecation",
        Deed::Edit(Edit::Purge { .. }) => "purge",
        Deed::Edit(Edit::Renumber { .. }) => "merge_reassignment",
        Deed::Supersede { .. } => "supersession",
        Deed::Note { .. } => "metadata",
        Deed::Forget { .. } => "forgetting",
        Deed::Reserve { .. } => "reservation",
        Deed::Release { .. } => "release",
    }
}
