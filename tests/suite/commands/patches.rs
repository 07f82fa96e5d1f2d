//! What other programs want to have changed.

use std::process::Stdio;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{as_shown, refuses, said};
use crate::checks::assert_fits;
use crate::common::{Repo, gits, is_long, on_adopted};
use crate::judge;

const REGISTRY: &str = ".idhooks/registry.json";
const FILE: &str = "../patch.json";

/// Writes a patch beside the working tree.
fn write(repo: &Repo, patch: &Value) {
    repo.write(FILE, patch.to_string());
}

fn hash(repo: &Repo) -> String {
    said(repo, "registry hash").concat()
}

/// Applies a patch, and returns its report, which fits its schema, as does the patch.
fn applied(repo: &Repo, patch: &Value) -> Value {
    write(repo, patch);
    assert_fits(repo, "patch", patch);
    let report = repo.idhooks(format!("patch apply {FILE} --format json").as_str()).ok().json();
    assert_fits(repo, "patch-report", &report);
    report
}

#[test]
fn the_hash_is_that_of_the_canonical_bytes() {
    on_adopted(|repo| {
        let bytes = repo.read(REGISTRY);
        let digest = Sha256::digest(&bytes);
        let wanted: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash(repo), wanted);
        // However it is written.
        let value: Value = serde_json::from_slice(&bytes).expect("JSON");
        repo.write(REGISTRY, serde_json::to_string_pretty(&value).expect("JSON") + "\r\n");
        assert_eq!(hash(repo), wanted);
        repo.remove(REGISTRY);
        repo.idhooks("registry hash").code(2).explains(REGISTRY).done();
        repo.write(REGISTRY, "{");
        repo.idhooks("registry hash").code(2).explains(REGISTRY).done();
        repo.write(REGISTRY, bytes);
    });
}

#[test]
fn changes_are_applied_and_committed() {
    on_adopted(|repo| {
        repo.configure("[patch]\nwritable = [\"metadata\", \"status\", \"file_path\"]\n");
        let [a, b, c] = ["README.md", "notes.txt", "docs/guide.md"].map(|path| repo.id(path));
        let owner = |name: &str| json!({"metadata": {"owner": name}});
        write(repo, &json!({"changes": {&a: owner("ann"), &b: owner("bob")}}));
        let mut shown = [
            format!("{a} metadata.owner set to \"ann\": README.md"),
            format!("{b} metadata.owner set to \"bob\": notes.txt"),
        ];
        shown.sort();
        assert_eq!(said(repo, &format!("patch preview {FILE}")), shown);
        assert_eq!(as_shown(repo, &format!("patch apply {FILE}")), shown);
        // Nothing is left to do.
        assert_eq!(said(repo, &format!("patch apply {FILE}")), [""; 0]);
        let metadata = json!({"owner": null, "team": {"name": "x", "size": 1}});
        applied(repo, &json!({"changes": {&a: {"metadata": metadata}}, "source": "test"}));
        let report = applied(
            repo,
            &json!({"reason": "unsafe", "changes": {
                &a: {"metadata": {"team": {"size": null}}},
                &b: {"metadata": {"tags": ["x"], "owner": "eve"}},
                &c: {"status": "deprecated"},
            }}),
        );
        assert_eq!(report["registry_hash"], hash(repo));
        assert_eq!(report["changes"].as_array().map(Vec::len), Some(4), "{report:#}");
        repo.commit("patched");
        assert_eq!(repo.record(&a)["metadata"]["team"], json!({"name": "x"}));
        assert_eq!(repo.record(&a)["metadata"].get("owner"), None);
        assert_eq!(repo.record(&b)["metadata"]["tags"], json!(["x"]));
        assert_eq!(repo.record(&b)["metadata"]["owner"], "eve");
        assert_eq!(repo.record(&c)["metadata"]["deprecated_reason"], "unsafe");
        applied(repo, &json!({"changes": {&c: {"status": "active"}}}));
        repo.commit("revived");
        assert!(repo.findings("").is_empty());
    });
}

#[test]
fn one_record_and_operations_are_applied_all_or_none() {
    on_adopted(|repo| {
        repo.configure("[patch]\nwritable = [\"metadata\", \"status\"]\n");
        let [a, b] = ["README.md", "notes.txt"].map(|path| repo.id(path));
        let owner = json!({"metadata": {"owner": "ann"}});
        applied(repo, &json!({"registry_hash": hash(repo), "record_id": &a, "changes": owner}));
        repo.stage("docs/new.md", "new\n");
        let mut operations = vec![
            json!({"op": "update", "record_id": &a, "changes": {"metadata": {"team": "x"}}}),
            json!({"op": "add", "changes": {"file_path": "docs/new.md", "metadata": {"owner": "bob"}}}),
            json!({"op": "upsert", "changes": {"file_path": "docs/guide.md", "metadata": {"team": "y"}}}),
            json!({"op": "delete", "record_id": &b, "reason": "unsafe"}),
        ];
        let then = hash(repo);
        operations.push(json!({"op": "update", "record_id": "0110000000000000", "changes": {}}));
        write(repo, &json!({"registry_hash": then, "operations": operations}));
        refuses(repo, &format!("patch apply {FILE}"), "0110000000000000");
        operations.pop();
        let report = applied(repo, &json!({"registry_hash": then, "operations": operations}));
        assert_eq!(report["changes"].as_array().map(Vec::len), Some(5), "{report:#}");
        let undo = report["patch_id"].as_str().expect("an id").to_owned();
        // Once more it is stale.
        repo.idhooks(format!("patch apply {FILE}").as_str()).code(1).done();
        repo.commit("patched");
        let new = repo.id("docs/new.md");
        assert_eq!(repo.record(&a)["metadata"]["owner"], "ann");
        assert_eq!(repo.record(&a)["metadata"]["team"], "x");
        assert_eq!(repo.record(&new)["metadata"]["owner"], "bob");
        assert_eq!(repo.record(&repo.id("docs/guide.md"))["metadata"]["team"], "y");
        assert_eq!(repo.record(&b)["metadata"]["deprecated_reason"], "unsafe");
        // What was allocated stays.
        repo.idhooks(["patch", "rollback", &undo]).ok().done();
        repo.commit("undone");
        assert_eq!(repo.id("docs/new.md"), new);
        assert_eq!(repo.record(&a)["metadata"].get("team"), None);
        assert_eq!(repo.record(&b)["status"], "active");
    });
}

#[test]
fn a_stale_patch_is_refused_with_the_hash_of_today() {
    on_adopted(|repo| {
        let (then, id) = (hash(repo), repo.id("README.md"));
        let patch = |owner: &str| json!({"changes": {&id: {"metadata": {"owner": owner}}}});
        applied(repo, &patch("ann"));
        let now = hash(repo);
        write(repo, &patch("bob"));
        let line = format!("patch apply {FILE} --registry-hash {then}");
        repo.idhooks(line.as_str()).code(1).explains(&now).done();
        let report = repo.idhooks(format!("{line} --format json").as_str()).code(1).json();
        assert_eq!(report["outcome"], "stale");
        // The numbers of this clone say what a conflict is, and where it is recorded.
        let status = repo.idhooks("status").ok().stdout();
        let writes = "conflicts (another program had changed the registry or the index meanwhile: nothing was written; 'idhooks audit tail' lists stale patches)";
        assert!(status.contains(writes), "{status}");
        assert!(repo.idhooks("audit tail").ok().stdout().contains(" check_failed "));
        repo.idhooks(format!("patch apply {FILE} --registry-hash {now}x").as_str()).code(2).done();
        repo.commit("ann");
    });
}

#[test]
fn of_two_at_once_with_one_hash_one_is_applied() {
    // Which git it is does not matter here.
    let repo = Repo::adopted(&gits()[0]);
    repo.run("config idhooks.lockTimeout 3600000");
    let id = repo.id("README.md");
    for round in 0..8 {
        let hash = hash(&repo);
        let start = |owner: String| {
            let file = format!("../patch-{owner}.json");
            let changes = json!({&id: {"metadata": {"owner": owner}}});
            repo.write(&file, json!({"registry_hash": hash, "changes": changes}).to_string());
            let mut command = repo.line(&format!("idhooks patch apply {file}"));
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            (owner, command.spawn().expect("can be started"))
        };
        let both = ["ann", "bob"].map(|name| start(format!("{name}{round}")));
        let mut done = Vec::new();
        for (owner, child) in both {
            let answer = child.wait_with_output().expect("ends");
            match answer.status.code() {
                Some(0) => done.push(owner),
                Some(1) => assert!(String::from_utf8_lossy(&answer.stderr).contains("stale")),
                other => assert_eq!(other, Some(0), "{answer:?}"),
            }
        }
        assert_eq!(done.len(), 1, "{done:?}");
        let registry: Value = serde_json::from_slice(&repo.read(REGISTRY)).expect("JSON");
        let records = registry["allocations"].as_array().expect("records");
        let record = records.iter().find(|record| record["id"] == json!(id)).expect("there");
        assert_eq!(record["metadata"]["owner"], json!(done[0]));
    }
    repo.commit("patched");
    judge::assert_all_consistent(&repo);
}

#[test]
fn hostile_patches_change_nothing() {
    on_adopted(|repo| {
        let id = repo.id("README.md");
        let refused = |bytes: &[u8], thing: &str| {
            repo.write(FILE, bytes);
            refuses(repo, &format!("patch apply {FILE}"), thing);
            let line = format!("patch preview {FILE} --format json");
            let report = repo.idhooks(line.as_str()).code(2).json();
            assert_eq!(report["outcome"], "refused");
            assert!(!report["faults"].as_array().expect("faults").is_empty());
        };
        let of = |metadata: &str| format!(r#"{{"changes":{{"{id}":{{"metadata":{metadata}}}}}}}"#);
        refused(of(r#"{"origin":"0000000000000000"}"#).as_bytes(), "/metadata/origin");
        refused(of(r#"{"__proto__":{"x":1}}"#).as_bytes(), "/metadata/__proto__");
        refused(of(r#"{"x":1,"x":2}"#).as_bytes(), "duplicate key");
        refused(of(&format!("{{\"x\":{}}}", "[".repeat(1_000_000))).as_bytes(), "nested deeper");
        refused(b"\xff\xfe{}", "not UTF-8");
        refused(b"", "not JSON");
        refused(br#"[{"op":"remove","path":"/x"}]"#, "a list of operations is no patch");
        let one = r#"{"changes":{"1":{},"2":{}}}"#;
        refused(one.as_bytes(), "/changes/2");
        // One bad record, and nothing is written of the good one.
        let half = json!({"changes": {&id: {"metadata": {"x": 1}}, "0110000001000000": {}}});
        refused(half.to_string().as_bytes(), "0110000001000000");
        refuses(repo, "patch apply ../none.json", "../none.json");
        assert!(repo.idhooks("patch apply").exit() == Some(2));
    });
}

/// How many files there are by default, and with `IDHOOKS_TEST_ALL=1`.
const MANY: [usize; 2] = [1_000, 10_000];

#[test]
fn very_many_records_in_one_patch() {
    let repo = Repo::adopted(&gits()[0]);
    for n in 0..MANY[usize::from(is_long())] {
        repo.write(format!("many/{n}.md"), format!("this is file number {n}, unlike the others\n"));
    }
    repo.run("add many");
    repo.commit("many");
    let registry: Value = serde_json::from_slice(&repo.read(REGISTRY)).expect("JSON");
    let records = registry["allocations"].as_array().expect("records");
    let ids = records.iter().map(|record| record["id"].as_str().expect("text").to_owned());
    let changes = ids.map(|id| (id, json!({"metadata": {"owner": "ann"}})));
    let changes: serde_json::Map<String, Value> = changes.collect();
    let count = changes.len();
    write(&repo, &json!({"changes": changes}));
    assert_eq!(said(&repo, &format!("patch apply {FILE}")).len(), count);
    repo.commit("patched");
    judge::assert_all_consistent(&repo);
}

#[test]
fn a_rollback_is_reported_and_logged() {
    on_adopted(|repo| {
        let a = repo.id("README.md");
        let patch = applied(repo, &json!({"changes": {&a: {"metadata": {"owner": "ann"}}}}));
        let id = patch["patch_id"].as_str().expect("an id");
        let line = format!("patch rollback {id} --format json");
        let report = repo.idhooks(line.as_str()).ok().json();
        assert_fits(repo, "patch-report", &report);
        assert_eq!(report["outcome"], "undone");
        let log = repo.idhooks("audit tail -n 20 --format json").ok().stdout();
        assert!(log.contains("rolled_back") && log.contains(&format!("patch {id}")), "{log}");
        refuses(repo, &format!("patch rollback {id}"), "no patch");
    });
}
