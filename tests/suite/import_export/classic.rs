//! The settings and the registry of the system that idhooks comes after, as they really are.

use std::fs;

use crate::common::{Repo, Snapshot, for_each_git, text};
use crate::reviewed::assert_text;

/// The settings in flow style.
const FLOW: &str = r#"profile: { profile_id: NUM16_TYPE_NS_SEQ_SCOPE, id_width: 16, alphabet: numeric, segments: [{name: TYPE, width: 2, source: derived, derivation_rule: extension}], counter_key: [NS, TYPE, SCOPE], delimiter_after_id: "_", id_regex: '^\\d{16}_.+' }
scope: "260118"
type_classification: { method: extension, table: [ {match: ".md", type_code: "01"}, {match: "*", type_code: "00"} ] }
namespace_routing: { method: directory_rules_only, rules: [ {path_glob: "docs/**/*", ns_code: "100"}, {path_glob: "**/*", ns_code: "999"} ] }
allocation: {counter_key: [NS, TYPE, SCOPE], lock: {mode: filesystem, lock_path: ".identity_allocation.lock"}}
collision_policy: {on_id_exists: abort_run, on_path_exists: abort_run, on_hash_duplicate: unique_ids}
hashing: {content_hash_algorithm: sha256, include_hashes: false, hash_algorithms: [sha256], max_file_size_for_hash: 104857600}
storage: {master_registry_path: MASTER_ID_REGISTRY.json, file_id_map_path: FILE_ID_MAP.jsonl}
"#;

/// The same in block style.
const BLOCK: &str = r#"profile:
  profile_id: NUM16_TYPE_NS_SEQ_SCOPE
  id_width: 16
  alphabet: numeric
  segments:
    - name: TYPE
      width: 2
      source: derived
      derivation_rule: extension
  counter_key:
    - NS
    - TYPE
    - SCOPE
  delimiter_after_id: "_"
  id_regex: '^\d{16}_.+'
scope: "260118"
type_classification:
  method: extension
  table:
    - match: ".md"
      type_code: "01"
    - match: "*"
      type_code: "00"
namespace_routing:
  method: directory_rules_only
  rules:
    - path_glob: "docs/**/*"
      ns_code: "100"
    - path_glob: "**/*"
      ns_code: "999"
allocation:
  counter_key: [NS, TYPE, SCOPE]
  lock:
    mode: filesystem
    lock_path: ".identity_allocation.lock"
collision_policy:
  on_id_exists: abort_run
  on_path_exists: abort_run
  on_hash_duplicate: unique_ids
hashing:
  content_hash_algorithm: sha256
  include_hashes: false
  hash_algorithms: [sha256]
  max_file_size_for_hash: 104857600
storage:
  master_registry_path: MASTER_ID_REGISTRY.json
  file_id_map_path: FILE_ID_MAP.jsonl
"#;

/// The registry of that system.
const MASTER: &str = r#"{
  "schema_version": "1.0", "scope": "260118",
  "counters": {"100_01_260118": {"current": 7, "allocated": 1, "reserved": []}}, "metadata": {},
  "allocations": [
    { "id": "0110000007260118", "file_path": "docs/a/guide.md",
      "allocated_at": "2025-01-02T10:00:00Z", "status": "active", "metadata": {} }
  ]
}"#;

const CONFIG: &str = "IDENTITY_CONFIG.yaml";

fn fixture(git: &crate::common::Git, settings: &str) -> Repo {
    let repo = Repo::empty(git);
    for path in ["docs/a/guide.md", "docs/x.py", "src/app.py", "README.md"] {
        repo.stage(path, text(path));
    }
    repo.commit("files");
    repo.write(CONFIG, settings);
    repo.write("MASTER_ID_REGISTRY.json", MASTER);
    repo
}

/// What is to be seen whatever came first.
fn assert_taken(repo: &Repo) {
    repo.idhooks("install").ok().done();
    repo.run("add idhooks.toml");
    repo.commit("adopt");
    assert_eq!(repo.id("docs/a/guide.md"), "0110000007260118");
    repo.commit_file("docs/b/new.md", text("new"));
    repo.commit_file("src/new.py", text("new.py"));
    assert!(repo.id("docs/b/new.md").starts_with("01100"));
    assert!(repo.id("src/new.py").starts_with("00999"));
    repo.idhooks("check --rev HEAD --strict").ok().done();
}

#[test]
fn the_settings_are_read_as_they_are() {
    for_each_git(|git| {
        let both = [FLOW, BLOCK].map(|settings| {
            let repo = fixture(git, settings);
            let answer = repo.idhooks(["import", "--config", CONFIG]).ok();
            let notes = answer.stderr();
            let notes: Vec<&str> = notes.lines().collect();
            let expected =
                ["profile.profile_id", "allocation.lock", "collision_policy", "hashing", "storage"];
            assert_eq!(notes.len(), expected.len(), "{answer}");
            for (note, name) in notes.iter().zip(expected) {
                let start = format!("note: '{CONFIG}' line ");
                let what = format!(": '{name}' has no counterpart in idhooks.toml");
                assert!(note.starts_with(&start) && note.contains(&what), "{note}");
            }
            let said = answer.stdout();
            assert!(said.contains("next: idhooks import MASTER_ID_REGISTRY.json"), "{said}");
            repo.idhooks(["import", "MASTER_ID_REGISTRY.json"]).ok().done();
            assert_taken(&repo);
            repo.read("idhooks.toml")
        });
        assert_eq!(both[0], both[1]);
    });
}

#[test]
fn the_registry_may_come_first() {
    for_each_git(|git| {
        let repo = fixture(git, FLOW);
        repo.idhooks(["import", "MASTER_ID_REGISTRY.json"]).ok().done();
        repo.idhooks(["import", "--config", CONFIG]).ok().done();
        assert_taken(&repo);
        // And once more, after the commit; what a person wrote there is kept.
        let repo = fixture(git, FLOW);
        repo.idhooks("init --scope 260118 --strategy sequential").ok().done();
        repo.commit("adopt");
        repo.idhooks(["import", "--config", CONFIG]).ok().done();
        let config = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        assert_text("import_export-classic-the_registry_may_come_first", &config);
        repo.append("idhooks.toml", "# mine\n");
        let before = Snapshot::of(&repo);
        let again = repo.idhooks(["import", "--config", CONFIG]);
        again.code(2).explains("already exists").done();
        before.assert_same(&repo);
    });
}

#[test]
fn other_types_are_the_default_type() {
    for_each_git(|git| {
        let settings =
            FLOW.replace("{match: \"*\", type_code: \"00\"}", "{match: \"*\", type_code: \"99\"}");
        let repo = fixture(git, &settings);
        repo.idhooks(["import", "--config", CONFIG]).ok().done();
        repo.idhooks("init").ok().done();
        repo.idhooks("install").ok().done();
        repo.commit("adopt");
        assert!(repo.id("src/app.py").starts_with("99999"), "{}", repo.id("src/app.py"));
        assert!(repo.id("README.md").starts_with("01999"));
    });
}

#[test]
fn what_makes_other_identities_is_refused_with_its_line() {
    for_each_git(|git| {
        let repo = fixture(git, FLOW);
        for (from, to, thing) in [
            (
                "id_width: 16",
                "id_width: 20",
                "line 1: identities have 16 digits in idhooks, not '20'",
            ),
            (
                "alphabet: numeric",
                "alphabet: hex",
                "line 1: identities consist of digits in idhooks",
            ),
            (
                "name: TYPE, width: 2",
                "name: TYPE, width: 3",
                "'TYPE' has 2 digits in idhooks, not 3",
            ),
            ("name: TYPE, width: 2", "name: YEAR, width: 2", "'YEAR' is not a segment"),
            ("{16}_.+", "{12}_.+", "must describe 16 digits"),
            ("type_code: \"01\"", "type_code: \"1\"", "line 3: expected two digits"),
        ] {
            let settings = FLOW.replace(from, to);
            assert_ne!(settings, FLOW, "{from}");
            fs::write(repo.path().join(CONFIG), settings).expect("writable");
            let before = Snapshot::of(&repo);
            repo.idhooks(["import", "--config", CONFIG]).code(2).explains(thing).done();
            before.assert_same(&repo);
        }
    });
}
