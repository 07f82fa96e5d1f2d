//! `idhooks dual-write`: status, verify and stats.

use serde_json::Value;

use super::{LEGACY, REGISTRY, enable};
use crate::common::{Repo, on_adopted, on_adopted_leaving, text};
use crate::metrics::assert_fits;

/// Returns the document of a command, which fits the schema that the program prints for it.
fn document(repo: &Repo, command: &str, subject: &str, code: i32) -> Value {
    let line = format!("dual-write {command} {subject} --format json");
    let document = repo.idhooks(line.trim()).code(code).json();
    assert_fits(repo, &format!("dual-write-{command}"), &document);
    document
}

#[test]
fn nothing_is_verified_where_it_is_not_enabled() {
    on_adopted(|repo| {
        repo.idhooks("dual-write verify").code(2).complains("dual write is not enabled").done();
        repo.idhooks("dual-write verify nothing").code(2).done();
        assert!(document(repo, "status", "", 0)["dual_write"].is_null());
        assert_eq!(document(repo, "stats", "", 0)["enabled"], false);
    });
}

#[test]
fn what_is_in_step_is_counted() {
    on_adopted(|repo| {
        enable(repo, "");
        repo.stage("docs/new.md", text("new"));
        repo.commit("new");
        let status = document(repo, "status", "", 0);
        assert_eq!(status["dual_write"]["state"], "in_step");
        assert_eq!(status["dual_write"]["path"], LEGACY);
        let id = repo.id("docs/new.md");
        repo.idhooks("assign --second DOC-9 docs/new.md").ok().done();
        repo.commit("a second identity");
        repo.idhooks("dual-write verify DOC-8").code(2).explains("'DOC-8'").done();
        let verified = document(repo, "verify", "DOC-9", 0);
        assert_eq!(verified["records"][0]["id"], id);
        assert_eq!(verified["records"][0]["consistent"], true);
        let stats = document(repo, "stats", "", 0);
        assert_eq!(stats["failed_operations"], 0);
        assert_eq!(stats["success_rate"], 100.0);
        assert!(stats["total_operations"].as_u64() >= Some(2), "{stats}");
        assert_eq!(stats["legacy_records"], stats["registry_records"]);
        assert_eq!(stats["recent_operations"][0]["subject"], "a second identity");
        assert_eq!(stats["recent_operations"].as_array().map(Vec::len), Some(3));
    });
}

#[test]
fn the_audit_log_has_what_hooks_write_if_it_has_hooks() {
    on_adopted(|repo| {
        enable(repo, "");
        repo.stage("docs/unseen.md", text("unseen"));
        repo.commit("unseen");
        repo.run("config idhooks.audit hooks");
        repo.stage("docs/new.md", text("new"));
        repo.commit("an addition, planned from the changed paths");
        repo.stage("docs/other.md", text("other"));
        repo.append("README.md", "more");
        repo.run("commit -q -m partial README.md");
        repo.commit("the rest");
        let log = repo.idhooks("audit query --event dual_write --format jsonl").ok().stdout();
        let data = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["data"].take();
        let events: Vec<Value> = log.lines().map(data).collect();
        let ids: Vec<&Value> = events.iter().map(|event| &event["id"]).collect();
        assert_eq!(ids, [&*repo.id("docs/new.md"), &*repo.id("docs/other.md")], "{log}");
        for event in &events {
            assert_eq!(
                (&event["operation"], &event["status"]),
                (&"allocated".into(), &"success".into())
            );
            assert_eq!(event["details"]["path"], LEGACY);
            assert!(event["duration_ms"].is_number());
        }
    });
}

#[test]
fn differences_are_told_by_field() {
    on_adopted_leaving(&format!("M  {LEGACY}\n"), |repo| {
        enable(repo, "");
        let (one, other) = (repo.id("README.md"), repo.id("notes.txt"));
        let whole = String::from_utf8(repo.read(LEGACY)).expect("text");
        repo.stage(LEGACY, whole.replace("\"README.md\"", "\"READ.me\""));
        let report = document(repo, "verify", "", 1);
        assert_eq!(report["state"], "differs");
        assert_eq!(report["records"].as_array().map(Vec::len), Some(1));
        let difference = &report["records"][0]["discrepancies"][0];
        assert_eq!(difference["field"], "file_path");
        assert_eq!(
            (&difference["new"], &difference["legacy"]),
            (&"README.md".into(), &"READ.me".into())
        );
        repo.idhooks(["dual-write", "verify", &other]).ok().done();
        repo.idhooks(["dual-write", "verify", &one]).code(1).done();
        repo.idhooks("dual-write verify --rev HEAD").ok().done();
        let report = document(repo, "verify", "0110099999260118", 1);
        assert_eq!(report["records"][0]["error"], "not in the registry");

        // A record that only the registry has.
        let mut legacy: serde_json::Value = serde_json::from_str(&whole).expect("JSON");
        let records = legacy["allocations"].as_array_mut().expect("a list");
        records.retain(|record| record["id"] != *one);
        repo.stage(LEGACY, legacy.to_string());
        let report = document(repo, "verify", &one, 1);
        assert_eq!(report["records"][0]["error"], "not in the legacy file");
        let stats = document(repo, "stats", "", 0);
        let count = |side: &str| stats[side].as_u64().expect("a number");
        assert_eq!(count("legacy_records") + 1, count("registry_records"));
        assert!(repo.exists(REGISTRY));
    });
}

#[test]
fn every_state_of_the_file_has_a_document() {
    on_adopted_leaving(&format!("D  {LEGACY}\n?? {LEGACY}\n"), |repo| {
        enable(repo, "");
        let whole = repo.read(LEGACY);
        let conflict = [b"<<<<<<< ours\n", &*whole, b">>>>>>> theirs\n"].concat();
        for (content, state) in [(b"{".to_vec(), "unreadable"), (conflict, "conflicted")] {
            repo.stage(LEGACY, content);
            for command in ["status", "stats"] {
                document(repo, command, "", 0);
            }
            assert_eq!(document(repo, "verify", "", 1)["state"], state);
            let id = repo.id("README.md");
            assert!(document(repo, "verify", &id, 1)["records"][0]["error"].is_string());
        }
        repo.run(["rm", "-q", "--cached", LEGACY]);
        assert_eq!(document(repo, "status", "", 0)["dual_write"]["state"], "missing");
        assert_eq!(document(repo, "verify", "", 1)["state"], "missing");
        assert_eq!(document(repo, "stats", "", 0)["legacy_records"], 0);
    });
}
