//! `idhooks migrate status` and `verify` where both files are written, and what the audit log has of it.

use serde_json::Value;

use super::{LEGACY, REGISTRY, enable};
use crate::checks::assert_fits;
use crate::common::{Repo, on_adopted, on_adopted_leaving, text};

/// Returns the document of a command, which fits the schema that the program prints for it.
fn document(repo: &Repo, command: &str, subject: &str, code: i32) -> Value {
    let line = format!("migrate {command} {subject} --format json");
    let document = repo.idhooks(line.trim()).code(code).json();
    assert_fits(repo, &format!("migrate-{command}"), &document);
    document
}

/// Commits what is staged without hooks, and asserts the state of the legacy file in the commit.
fn assert_state(repo: &Repo, state: &str) {
    repo.run("commit -q --no-verify -m state");
    assert_eq!(document(repo, "status", "", 0)["state"], state);
}

#[test]
fn nothing_is_verified_where_it_is_not_enabled() {
    on_adopted(|repo| {
        repo.idhooks("migrate verify").code(2).complains("dual write is not enabled").done();
        repo.idhooks("migrate verify nothing").code(2).done();
        let status = document(repo, "status", "", 0);
        assert_eq!((&status["phase"], &status["enabled"]), (&"off".into(), &false.into()));
        assert!(status["state"].is_null() && status["ready"].is_null(), "{status}");
    });
}

#[test]
fn what_is_in_step_is_counted() {
    on_adopted(|repo| {
        enable(repo, "");
        repo.stage("docs/new.md", text("new"));
        repo.commit("new");
        let status = document(repo, "status", "", 0);
        assert_eq!((&status["state"], &status["path"]), (&"in_step".into(), &LEGACY.into()));
        let id = repo.id("docs/new.md");
        repo.idhooks("assign --second DOC-9 docs/new.md").ok().done();
        repo.commit("a second identity");
        repo.idhooks("migrate verify DOC-8").code(2).explains("'DOC-8'").done();
        for name in ["DOC-9", &id] {
            let verified = document(repo, "verify", name, 0);
            assert_eq!((&verified["checked"], &verified["consistent"]), (&1.into(), &true.into()));
        }
        let status = document(repo, "status", "", 0);
        let writes = &status["writes"];
        assert_eq!(writes["failed_operations"], 0);
        assert_eq!(writes["success_rate"], 100.0);
        assert!(writes["total_operations"].as_u64() >= Some(2), "{status}");
        assert_eq!(status["legacy_records"], status["records"]);
        assert_eq!(status["changes"][0]["subject"], "a second identity");
        assert_eq!(status["changes"].as_array().map(Vec::len), Some(3));
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
        assert_eq!(report["consistent"], false);
        let expected = serde_json::json!(
            [{"id": one, "field": "file_path", "new": "README.md", "legacy": "READ.me"}]
        );
        assert_eq!(report["discrepancies"], expected);
        repo.idhooks(["migrate", "verify", &other]).ok().done();
        repo.idhooks(["migrate", "verify", &one]).code(1).done();
        repo.idhooks("migrate verify --rev HEAD").ok().done();
        let unknown = repo.idhooks("migrate verify 0110099999260118").code(2);
        unknown.complains("no record has the identity '0110099999260118'").done();

        // A record that only the registry has, and one that only the legacy file has.
        let mut legacy: Value = serde_json::from_str(&whole).expect("JSON");
        let records = legacy["allocations"].as_array_mut().expect("a list");
        for record in records.iter_mut().filter(|record| record["id"] == *one) {
            record["id"] = "0110099999260118".into();
        }
        repo.stage(LEGACY, legacy.to_string());
        for (id, missing_in) in [(&*one, "legacy"), ("0110099999260118", "registry")] {
            let report = document(repo, "verify", id, 1);
            let missing = &report["missing"][0];
            assert_eq!((&missing["id"], &missing["missing_in"]), (&id.into(), &missing_in.into()));
        }
        assert!(repo.exists(REGISTRY));
    });
}

#[test]
fn every_state_of_the_file_has_a_document() {
    on_adopted_leaving(&format!("?? {LEGACY}\n"), |repo| {
        enable(repo, "");
        let whole = repo.read(LEGACY);
        let conflict = [b"<<<<<<< ours\n", &*whole, b">>>>>>> theirs\n"].concat();
        for (content, state) in [(b"{".to_vec(), "unreadable"), (conflict, "conflicted")] {
            repo.stage(LEGACY, content);
            assert!(document(repo, "verify", "", 1)["error"].is_string());
            let id = repo.id("README.md");
            assert!(document(repo, "verify", &id, 1)["error"].is_string());
            assert_state(repo, state);
        }
        repo.run(["rm", "-q", "--cached", LEGACY]);
        assert!(document(repo, "verify", "", 1)["error"].is_string());
        assert_state(repo, "missing");
    });
}
