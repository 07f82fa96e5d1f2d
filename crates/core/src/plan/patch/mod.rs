//! Patches: changes that another program requests. Pure.
//!
//! There are four equivalent bodies: `changes` (by identity), `operations` (one after the other), a
//! JSON Patch (RFC 6902) and a merge patch (RFC 7386) of the registry. Each is applied step by step
//! to a draft, which checks what may be written and collects all faults: a patch is applied
//! completely or not at all.

mod draft;
mod encoded;
mod read;
mod rfc6902;
mod undo;

use draft::PatchDraft;
use read::{Body, PatchChange, member, unknown};

use crate::registry::{Json, Object, Registry};

use super::IdAssigner;

pub use draft::Setting;
pub use read::{LARGEST, Patch, PatchFault, is_hash};
pub use undo::{AppliedPatch, UndoContext};

/// JSON Schema of a patch, as `idhooks schema patch` prints it.
pub const PATCH_SCHEMA: &str = include_str!("schema.json");

/// The members of an operation.
const MEMBERS: [&str; 4] = ["op", "record_id", "changes", "reason"];

impl Patch {
    /// Applies the patch and returns the new registry.
    ///
    /// # Errors
    /// Returns all faults of the patch.
    pub fn apply(
        &self,
        before: &Registry,
        setting: &Setting<'_>,
        assigner: &mut IdAssigner<'_>,
    ) -> Result<Registry, Vec<PatchFault>> {
        let mut draft = PatchDraft::of(before, setting, self.reason.as_deref());
        match &self.body {
            Body::Changes(changes) => {
                for PatchChange { at, id, fields } in changes {
                    match (draft.record(id, at), fields) {
                        (Some(record), Some(fields)) => draft.write(record, fields, at),
                        (Some(record), None) => draft.deprecate(record, at),
                        (None, _) => {}
                    }
                }
            }
            Body::Operations(all) => {
                for (n, operation) in all.iter().enumerate() {
                    draft.reason = self.reason.as_deref();
                    operate(&mut draft, operation, &format!("/operations/{n}"));
                }
            }
            Body::Rfc6902(all) => rfc6902::operate(&mut draft, all),
        }
        draft.finish(assigner)
    }
}

/// Applies one operation.
fn operate<'a>(draft: &mut PatchDraft<'a>, operation: &'a Json, at: &str) {
    let Json::Object(members) = operation else {
        return draft.fault(at, "must be an object");
    };
    for name in members.keys().filter(|name| !MEMBERS.contains(&name.as_str())) {
        draft.fault(member(at, name), unknown(name, &MEMBERS));
    }
    let reason = optional(draft, members, at, "reason");
    let id = optional(draft, members, at, "record_id");
    let of_changes = format!("{at}/changes");
    let changes = match members.get("changes") {
        None => None,
        Some(Json::Object(fields)) => Some(fields),
        Some(_) => return draft.fault(of_changes, "must be an object"),
    };
    let op = members.get("op").and_then(Json::as_str).unwrap_or_default();
    match (op, id, changes) {
        ("update" | "upsert", Some(id), Some(fields)) => {
            if let Some(record) = draft.record(id, &format!("{at}/record_id")) {
                draft.reason = reason.or(draft.reason);
                draft.write(record, fields, &of_changes);
            }
        }
        ("delete", Some(id), None) => {
            if let Some(record) = draft.record(id, &format!("{at}/record_id")) {
                draft.reason = reason.or(draft.reason);
                draft.deprecate(record, at);
            }
        }
        ("add" | "upsert", None, Some(fields)) => {
            draft.add(fields, &of_changes, op == "upsert");
        }
        ("add", Some(_), _) => draft.fault(
            format!("{at}/record_id"),
            "idhooks chooses the identity; name the file in changes.file_path",
        ),
        ("delete", _, Some(_)) => {
            draft.fault(of_changes, "'delete' takes no changes");
        }
        ("update" | "delete", None, _) => {
            draft.fault(at, "'record_id' is missing");
        }
        ("add" | "update" | "upsert", _, None) => {
            draft.fault(at, "'changes' is missing");
        }
        _ => draft.fault(format!("{at}/op"), "must be one of: add, update, delete, upsert"),
    }
}

/// Returns an optional string.
fn optional<'m>(
    draft: &mut PatchDraft<'_>,
    members: &'m Object,
    at: &str,
    name: &str,
) -> Option<&'m str> {
    let value = members.get(name)?;
    if value.as_str().is_none() {
        draft.fault(member(at, name), "must be a string");
    }
    value.as_str()
}

#[cfg(test)]
mod tests;
