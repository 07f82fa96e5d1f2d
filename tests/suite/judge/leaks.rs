//! Checks that a commit changes only the records of files that it changes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{View, show};

/// Returns the records that a commit with one parent changed although it did not change their
/// files.
///
/// The registry keeps all records: a commit that was picked from another branch brings the records
/// of that branch along, deprecated if their files were not picked. Those are not leaks.
pub(super) fn leaks(parent: &View, view: &View) -> Vec<String> {
    let touched = touched(parent, view);
    let (before, after) = (records(parent), records(view));
    let mut faults = Vec::new();
    for (origin, (path, record)) in &after {
        let old = before.get(origin);
        let paths = old.into_iter().map(|(path, _)| path).chain([path]);
        let concerns = paths.into_iter().any(|path| touched.contains(path));
        let was_picked = old.is_none()
            && record["status"] == "deprecated"
            && record["metadata"]["deprecated_reason"] == "reverted";
        if !concerns && !was_picked && old.map(|(_, old)| old) != Some(record) {
            faults.push(format!("leaked into this commit: {} {record}", show(path)));
        }
    }
    faults
}

/// Returns the paths with a different file, or with a file on one side only.
fn touched(parent: &View, view: &View) -> BTreeSet<Vec<u8>> {
    let paths = parent.tree.keys().chain(view.tree.keys());
    let facts = |view: &View, path: &Vec<u8>| {
        view.tree.get(path).map(|file| (file.mode.clone(), file.blob.clone()))
    };
    paths.filter(|path| facts(parent, path) != facts(view, path)).cloned().collect()
}

fn records(view: &View) -> BTreeMap<&str, (Vec<u8>, &Value)> {
    let list = view.json.as_ref().and_then(|json| json["allocations"].as_array());
    let list = list.map(Vec::as_slice).unwrap_or_default();
    let records = view.records.iter().zip(list);
    records.map(|(record, json)| (record.origin.as_str(), (record.path.clone(), json))).collect()
}
