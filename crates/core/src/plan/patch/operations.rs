//! Applies the bodies `changes` and `operations`, which are idhooks' own.

use crate::registry::{Json, Object};

use super::fault::{member, unknown};
use super::{draft::PatchDraft, read::PatchChange};

/// The members of an operation.
const MEMBERS: [&str; 4] = ["op", "record_id", "changes", "reason"];

/// Applies the change of one record.
pub(super) fn change(draft: &mut PatchDraft<'_>, change: &PatchChange) {
    let Some(record) = draft.record(&change.id, &change.at) else { return };
    match &change.fields {
        Some(fields) => draft.write(record, fields, &change.at),
        None => draft.deprecate(record, &change.at),
    }
}

/// Applies one operation.
pub(super) fn operate<'a>(draft: &mut PatchDraft<'a>, operation: &'a Json, at: &str) {
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
