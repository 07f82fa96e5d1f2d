//! Compares the legacy file of a commit with its registry, as any JSON parser reads both.

use std::collections::BTreeSet;

use serde_json::Value;

use super::View;
use crate::common::Repo;

/// The legacy file.
const LEGACY: &str = "registry/ID_REGISTRY.json";

/// Asserts that a commit keeps a legacy file, and that it says what the registry says.
pub(crate) fn assert_legacy_in_step(repo: &Repo, rev: &str) {
    let view = View::of(repo, rev);
    assert!(view.tree.contains_key(LEGACY.as_bytes()), "no legacy file\n{}", repo.situation());
    let faults = faults(repo, rev, &view);
    assert!(faults.is_empty(), "{rev}: {faults:?}\n{}", repo.situation());
}

/// Returns what is wrong with the legacy file of a commit whose rules keep one.
pub(super) fn faults(repo: &Repo, rev: &str, view: &View) -> Vec<String> {
    let read = |path: &str| repo.git(["show", &format!("{rev}:{path}")]).bytes();
    if !view.tree.contains_key(b"idhooks.toml".as_slice()) {
        return Vec::new();
    }
    let rules = String::from_utf8_lossy(&read("idhooks.toml")).into_owned();
    if !rules.contains("[dual_write]\nenabled = true") {
        return Vec::new();
    }
    if !view.tree.contains_key(LEGACY.as_bytes()) {
        return vec!["no legacy file".to_owned()];
    }
    let Ok(legacy) = serde_json::from_slice::<Value>(&read(LEGACY)) else {
        return vec!["the legacy file is not JSON".to_owned()];
    };
    let registry = view.json.as_ref().map(facts).unwrap_or_default();
    let legacy = facts(&legacy);
    let only = |side: &str, one: &BTreeSet<String>, other: &BTreeSet<String>| {
        one.difference(other).map(|fact| format!("only in the {side}: {fact}")).collect::<Vec<_>>()
    };
    [only("registry", &registry, &legacy), only("legacy file", &legacy, &registry)].concat()
}

/// Returns identity, path, status and time of every record.
fn facts(registry: &Value) -> BTreeSet<String> {
    let keys = ["id", "file_path", "status", "allocated_at"];
    let of = |record: &Value| keys.map(|key| record[key].to_string()).join(" ");
    registry["allocations"].as_array().into_iter().flatten().map(of).collect()
}
