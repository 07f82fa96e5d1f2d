//! A legacy registry file that commits keep in step with the registry.

mod additions;
mod attributes;
mod commits;
mod edited;
#[cfg(feature = "migration")]
mod ids_map;
mod leading;
mod merges;
#[cfg(feature = "migration")]
mod migrated;
mod numbers;
mod places;
mod plain;
mod removed;
mod second_ids;
#[cfg(feature = "migration")]
mod status;
mod unhooked;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::{Repo, SCOPE};

/// The legacy file.
const LEGACY: &str = "registry/ID_REGISTRY.json";
/// The registry.
const REGISTRY: &str = ".idhooks/registry.json";

/// The command that compares both files, in both directions if this program can.
#[cfg(feature = "migration")]
const COMPARE: &str = "migrate verify";
/// See above.
#[cfg(not(feature = "migration"))]
const COMPARE: &str = "check";

/// Commits rules with this `[dual_write]` table.
fn enable(repo: &Repo, table: &str) {
    repo.stage(
        "idhooks.toml",
        format!("scope = \"{SCOPE}\"\n[dual_write]\nenabled = true\n{table}"),
    );
    repo.commit("write both");
}

/// Changes the records of the legacy file as another program does.
fn change(repo: &Repo, change: impl Fn(&mut Vec<Value>)) {
    let mut whole: Value = serde_json::from_slice(&repo.read(LEGACY)).expect("JSON");
    change(whole["allocations"].as_array_mut().expect("records"));
    repo.write(LEGACY, whole.to_string());
}

/// Stages another owner of a file in the legacy file, as another program writes it.
fn edit_by_hand(repo: &Repo, path: &str, owner: &str) {
    let text = String::from_utf8(repo.read(LEGACY)).expect("text");
    let line = format!("\"file_path\": \"{path}\",");
    assert!(text.contains(&line), "{text}");
    repo.stage(LEGACY, text.replace(&line, &format!("{line} \"owner\": \"{owner}\",")));
}

/// What every program may rely on about a record: path, status and time.
type Facts = (String, String, String);

/// Returns the facts about the records of a registry file of a commit, as any JSON parser reads it.
fn facts(repo: &Repo, rev: &str, path: &str) -> BTreeMap<String, Facts> {
    let text = repo.git(["show", &format!("{rev}:{path}")]).stdout();
    let registry: Value = serde_json::from_str(&text).expect("JSON");
    let records = registry["allocations"].as_array().expect("a list").iter();
    let text = |record: &Value, key: &str| record[key].as_str().expect("text").to_owned();
    let facts = |record: &Value| {
        let facts = ["file_path", "status", "allocated_at"].map(|key| text(record, key));
        (text(record, "id"), facts.into())
    };
    records.map(facts).collect()
}

/// Asserts that both files of a commit say the same, and that no clone sees a fault in it.
fn assert_in_step(repo: &Repo, rev: &str) {
    assert_eq!(facts(repo, rev, REGISTRY), facts(repo, rev, LEGACY), "{rev}");
    repo.idhooks(["check", "--rev", rev]).ok().done();
}
