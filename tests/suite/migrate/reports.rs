//! Reports, and what the audit log has.

use super::{LEGACY, RECORDS, classic, run_first, with_legacy};
use crate::checks::{fits, own_schema};
use crate::common::{Repo, for_each_git};

/// Asserts that a document is valid by its schema.
fn assert_valid(repo: &Repo, schema: &str, document: &serde_json::Value) {
    fits(&own_schema(repo, schema), document);
}

#[test]
fn documents_follow_their_schemas() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        let json = |line: &str, code: i32| repo.idhooks(line).code(code).json();
        let check = |schema: &str, line: &str, code: i32| {
            let document = json(line, code);
            assert_valid(&repo, schema, &document);
            document
        };
        check("migrate-status", "migrate status --format json", 0);
        let from = format!("--from {LEGACY} --report json");
        let plan = check("migrate-plan", &format!("migrate plan {from}"), 0);
        assert_eq!((&plan["convert"], &plan["deprecate"]), (&3.into(), &1.into()));
        let report = check("migrate-run", &format!("migrate run {from}"), 0);
        assert_eq!(report["records"], 4);
        assert_eq!((&report["converted"], &report["deprecated"]), (&3.into(), &1.into()));
        assert_eq!(report["verification"]["consistent"], true);
        assert!(report["per_second"].as_f64() > Some(0.0), "{report}");
        let again = check("migrate-run", "migrate run --to legacy-leads --report json", 0);
        assert_eq!((&again["converted"], &again["commit"]), (&0.into(), &serde_json::Value::Null));
        check("migrate-verify", "migrate verify --sample 2 --format json", 0);
        check("migrate-status", "migrate status --format json", 0);
        // A difference, and a record on one side only.
        let whole = String::from_utf8(repo.read(LEGACY)).expect("text");
        let edited =
            whole.replace("\"ann\"", "\"bob\"").replace("0110000003250101", "0110000005250101");
        repo.commit_file(LEGACY, edited);
        let verified = check("migrate-verify", "migrate verify --format json", 1);
        assert_eq!(verified["missing"].as_array().map(Vec::len), Some(2));
        assert_eq!(verified["discrepancies"][0]["field"], "metadata.owner");
        let refused = check("migrate-run", "migrate run --report json", 1);
        assert_eq!(refused["skipped"][0]["key"], "0110000005250101");
        assert_eq!(refused["commit"], serde_json::Value::Null);
        check("migrate-plan", "migrate plan --report json", 1);
    });
}

#[test]
fn a_sample_is_a_part_of_the_records() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        run_first(&repo);
        let verified = |line: &str| repo.idhooks(line).ok().json();
        let all = verified("migrate verify --all --format json");
        assert_eq!(all["checked"], all["total"]);
        assert_eq!(verified("migrate verify --sample 2 --format json")["checked"], 2);
        assert_eq!(verified("migrate verify --sample 99 --format json")["checked"], all["total"]);
    });
}

#[test]
fn markdown_lists_what_people_must_know() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        let line = ["migrate", "plan", "--from", LEGACY, "--report", "markdown"];
        let plan = repo.idhooks(line).ok().stdout();
        assert!(plan.contains("| 0110000003250101 | deprecate | docs/gone.md |"), "{plan}");
        let line = ["migrate", "run", "--from", LEGACY, "--report", "markdown"];
        let report = repo.idhooks(line).ok().stdout();
        assert!(report.contains("| Phase | off → legacy-leads |"), "{report}");
        assert!(report.contains("## Verification\n\nin step: "), "{report}");
        let verified = repo.idhooks("migrate verify --format markdown").ok().stdout();
        assert!(verified.starts_with("in step: "), "{verified}");
    });
}

#[test]
fn the_audit_log_has_each_step_and_each_record() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        run_first(&repo);
        repo.idhooks("migrate run --to registry-leads --force").ok().done();
        repo.idhooks("migrate rollback").ok().done();
        let events = repo.idhooks("audit query --event migration --format jsonl").ok().stdout();
        let events: Vec<serde_json::Value> =
            events.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let steps: Vec<&str> =
            events.iter().map(|event| event["data"]["step"].as_str().expect("text")).collect();
        assert_eq!(steps, ["legacy-leads", "registry-leads", "legacy-leads"]);
        let counts = &events[0]["data"]["counts"];
        assert_eq!((&counts["converted"], &counts["deprecated"]), (&3.into(), &1.into()));
        events.iter().for_each(|event| assert_valid(&repo, "audit", event));
        let all = repo.idhooks("audit query --format jsonl").ok().stdout();
        for (id, path, _) in RECORDS {
            assert!(path == "docs/gone.md" || all.contains(id), "{id}");
        }
    });
}

#[test]
fn progress_is_recorded_by_batches() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        let line = ["migrate", "run", "--from", LEGACY, "--batch", "2"];
        repo.idhooks(line).ok().done();
        let status = repo.idhooks("migrate status --format json").ok().json();
        assert_eq!(status["progress"].as_f64(), Some(1.0));
        assert_eq!(status["last_step"]["processed"], 4);
        assert_eq!(status["last_step"]["to"], "legacy-leads");
        repo.write("../more.json", classic(&RECORDS));
        let bad = repo.idhooks(["migrate", "run", "--batch", "0"]);
        assert_eq!(bad.exit(), Some(2));
    });
}
