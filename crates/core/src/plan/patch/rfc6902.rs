//! Applies JSON Patches (RFC 6902) to the registry. Records are addressed by identity
//! (`/allocations/0110073814260118/…`), or by their index in the exported list.
//!
//! Each operation is applied to a document with the records that it names; then the differences are
//! written through the draft, like all other changes.

use std::collections::BTreeMap;

use json_patch::{PatchErrorKind, PatchOperation};
use serde_json::{Value, json};

use crate::registry::{Id, Json, Object, SCHEMA_VERSION};

use super::draft::PatchDraft;
use super::encoded::{decode, encode};
use super::read::{PatchFault, member, unwritable};

/// The pointer to the list of records.
const LIST: &str = "/allocations";

/// The target of a pointer in the patch.
enum PointerTarget {
    /// A record, or a value in it.
    Record { id: Id, place: usize, rest: String },
    /// The end of the list.
    End,
    /// Something outside the records.
    Beside,
}

/// Applies all operations, one after the other.
pub(super) fn operate(draft: &mut PatchDraft<'_>, operations: &[Json]) {
    let mut order: Vec<(Id, usize)> =
        draft.registry.allocations.iter().enumerate().map(|(n, r)| (r.id, n)).collect();
    order.sort_unstable();
    for (n, operation) in operations.iter().enumerate() {
        let at = format!("/{n}");
        match operation {
            Json::Object(members) => apply_one(draft, &order, members, &at),
            _ => draft.fault(at, "must be an object"),
        }
        // A list that is copied into itself would be copied at its full size again and again.
        if draft.is_too_large {
            break;
        }
    }
}

fn apply_one(draft: &mut PatchDraft<'_>, order: &[(Id, usize)], members: &Object, at: &str) {
    let text = |name: &str| members.get(name).and_then(Json::as_str);
    let op = text("op").unwrap_or_default();
    let needed: &[&str] = match op {
        "add" | "replace" | "test" => &["path", "value"],
        "remove" => &["path"],
        "move" | "copy" => &["path", "from"],
        _ => {
            let known = "add, remove, replace, move, copy, test";
            return draft.fault(format!("{at}/op"), format!("must be one of: {known}"));
        }
    };
    let before = draft.faults.len();
    for name in needed {
        if !members.contains_key(*name) {
            draft.fault(at, format!("'{name}' is missing"));
        } else if *name != "value" && text(name).is_none() {
            draft.fault(member(at, name), "must be a string");
        }
    }
    if draft.faults.len() > before {
        return;
    }
    let at_path = format!("{at}/path");
    let Some(path) = find(draft, order, text("path").unwrap_or_default(), &at_path) else {
        return;
    };
    let mut from = None;
    if let Some(pointer) = text("from").filter(|_| needed.contains(&"from")) {
        from = find(draft, order, pointer, &format!("{at}/from"));
        if from.is_none() {
            return;
        }
    }
    let whole = |target: &PointerTarget| matches!(target, PointerTarget::Record { rest, .. } if rest.is_empty());
    match (op, &path, members.get("value")) {
        ("add", PointerTarget::End, Some(Json::Object(fields))) => {
            draft.add(fields, &format!("{at}/value"), false);
        }
        ("add", PointerTarget::End, _) => {
            draft.fault(format!("{at}/value"), "must be an object");
        }
        ("remove", PointerTarget::Record { place, .. }, _) if whole(&path) => {
            draft.deprecate(*place, &at_path);
        }
        ("test", ..) => apply_to_records(draft, members, at, &path, from.as_ref()),
        _ if whole(&path) || from.as_ref().is_some_and(whole) => {
            let what =
                "add records at '/allocations/-', and change existing records field by field";
            draft.fault(at_path, what);
        }
        (_, PointerTarget::Record { .. }, _) => {
            apply_to_records(draft, members, at, &path, from.as_ref());
        }
        _ => draft.fault(at_path, "a patch can only change records"),
    }
}

/// Finds the target of a pointer in the patch; `at` is the place of the pointer itself.
fn find(
    draft: &mut PatchDraft<'_>,
    order: &[(Id, usize)],
    pointer: &str,
    at: &str,
) -> Option<PointerTarget> {
    if !pointer.is_empty() && !pointer.starts_with('/') {
        draft.fault(at, "not a JSON pointer: it must begin with '/'");
        return None;
    }
    let Some(inside) = pointer.strip_prefix(LIST).and_then(|rest| rest.strip_prefix('/')) else {
        return Some(PointerTarget::Beside);
    };
    let (name, rest) = inside.split_at(inside.find('/').unwrap_or(inside.len()));
    if name == "-" && rest.is_empty() {
        return Some(PointerTarget::End);
    }
    let is_index = name == "0" || (!name.starts_with('0') && name.len() < Id::DIGITS);
    let index = name.parse::<usize>().ok().filter(|_| is_index);
    let place = match index {
        None => draft.record(name, at)?,
        Some(index) => match order.get(index) {
            Some((_, place)) => *place,
            None => {
                draft.fault(at, format!("the registry has only {} records", order.len()));
                return None;
            }
        },
    };
    let id = draft.registry.allocations[place].id;
    Some(PointerTarget::Record { id, place, rest: rest.to_owned() })
}

/// Applies an operation to the records that it names, and writes the differences through the draft.
fn apply_to_records(
    draft: &mut PatchDraft<'_>,
    members: &Object,
    at: &str,
    path: &PointerTarget,
    from: Option<&PointerTarget>,
) {
    let mut records: BTreeMap<usize, (Id, Json, String)> = BTreeMap::new();
    for (target, name) in [(Some(path), "path"), (from, "from")] {
        if let Some(PointerTarget::Record { id, place, .. }) = target {
            let known = || (*id, draft.record_json(*place), format!("{at}/{name}"));
            records.entry(*place).or_insert_with(known);
        }
    }
    // The part of the registry that the operation sees.
    let encoded = records.values().map(|(id, record, _)| (id.to_string(), encode(record)));
    let mut document = json!({
        "schema_version": encode(&Json::string(SCHEMA_VERSION)),
        "scope": encode(&Json::string(draft.registry.scope.to_string())),
        "metadata": encode(&Json::Object(draft.registry.metadata.clone())),
        "allocations": Value::Object(encoded.collect()),
    });
    let operation = members.iter().map(|(name, value)| {
        let value = match (name.as_str(), value) {
            ("path", value) => pointer_of(path, value).into(),
            ("from", value) => from.map(|from| pointer_of(from, value)).into(),
            ("op", value) => value.as_str().unwrap_or_default().into(),
            (_, value) => encode(value),
        };
        (name.clone(), value)
    });
    let operation = serde_json::from_value::<PatchOperation>(operation.collect());
    let operation = match operation {
        Ok(operation) => operation,
        Err(error) => return draft.fault(at, error.to_string()),
    };
    let is_test = matches!(operation, PatchOperation::Test(_));
    if let Err(error) = json_patch::patch_unsafe(&mut document, &[operation]) {
        let is_failed_test = is_test
            && matches!(error.kind, PatchErrorKind::TestFailed | PatchErrorKind::InvalidPointer);
        let message = match is_failed_test {
            true => "the test failed: the registry has another value".to_owned(),
            false => error.kind.to_string(),
        };
        let fault = PatchFault::new(format!("{at}/path"), message);
        return draft.faults.push(PatchFault { is_failed_test, ..fault });
    }
    let Json::Object(document) = decode(document) else { return };
    let Some(Json::Object(after)) = document.get("allocations") else { return };
    for (place, (id, before, at)) in records {
        if let (Json::Object(before), Some(Json::Object(after))) =
            (before, after.get(&id.to_string()))
        {
            write(draft, place, &before, after, &at);
        }
    }
}

/// Translates a pointer of the patch into one of the document.
fn pointer_of(target: &PointerTarget, typed: &Json) -> String {
    match target {
        PointerTarget::Record { id, rest, .. } => format!("{LIST}/{id}{rest}"),
        _ => typed.as_str().unwrap_or_default().to_owned(),
    }
}

/// Writes the differences of a record.
fn write(draft: &mut PatchDraft<'_>, place: usize, before: &Object, after: &Object, at: &str) {
    for (name, now) in changed(before, after) {
        match (name.as_str(), before.get(name), now) {
            ("metadata", Some(Json::Object(then)), Some(Json::Object(now))) => {
                for (key, value) in changed(then, now) {
                    draft.set_key(place, key, value.cloned(), at);
                }
            }
            ("file_path", _, Some(value)) => draft.set_path(place, value, at),
            ("status", _, Some(value)) => draft.set_status(place, value, at),
            ("metadata", ..) => {
                draft.fault(at, "'metadata' must remain an object");
            }
            ("file_path" | "status", ..) => {
                draft.fault(at, format!("a record must have '{name}'"));
            }
            _ => draft.fault(at, unwritable(name)),
        }
    }
}

/// Returns the members that differ between two objects, with their values in the second one.
fn changed<'o>(
    before: &'o Object,
    after: &'o Object,
) -> impl Iterator<Item = (&'o String, Option<&'o Json>)> {
    let gone = before.keys().filter(|name| !after.contains_key(*name)).map(|name| (name, None));
    let new = after.iter().filter(|(name, value)| before.get(*name) != Some(*value));
    gone.chain(new.map(|(name, value)| (name, Some(value))))
}
