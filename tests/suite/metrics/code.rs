//! Identifiers in code: what metrics, alerts, drift and the dashboard say about them.

use serde_json::Value;

use super::grammar::{Samples, prometheus};
use super::on_day;
use crate::checks::assert_fits;
use crate::common::{Repo, for_each_git, text};

/// Formats of the past and what replaces them, and rules for two services.
const RULES: &str = r#"
[formats.run]
template = "run_{op}_{ms}_{counter}_{hex8}"
[formats.old_run]
template = "run_{op}_{counter}_{hex8}"
legacy = true
successor = "run"
[lint]
deprecated_calls = ["make_run_id"]
[[lint.service]]
name = "auth"
path = ["/auth/"]
[[lint.service]]
name = "web"
path = ["/web/"]
[[lint.category]]
name = "session"
path = ["*session*"]
[[lint.priority]]
name = "critical"
service = ["auth"]
"#;

const RAW: &str = "import uuid\nnew = str(uuid.uuid4())\nlater = uuid.uuid4\n";
const OLD: &str = "OLD = \"run_x_7_0123abcd\"\n";
const CALL: &str = "from ids import make_run_id\nrun = make_run_id()\n";
const NEW: &str = "NEW = \"run_x_1700000000000_7_0123abcd\"\n";

const MIXED: &str = "identity_mixed_formats{source=\"code\"}";

/// Makes a repository with code in two services, of which every file is committed.
fn with_code(repo: &Repo) {
    repo.configure(RULES);
    for (path, content) in [
        ("auth/session.py", RAW),
        ("auth/login.py", "x = 1\n"),
        ("web/page.py", RAW),
        ("web/old.py", OLD),
        ("web/a.py", "x = 2\n"),
        ("web/b.py", "x = 3\n"),
    ] {
        repo.stage(path, content);
    }
    repo.commit("code");
}

fn measured(repo: &Repo) -> Samples {
    prometheus(&repo.idhooks("metrics --no-history").ok().stdout())
}

fn value(samples: &Samples, name: &str) -> f64 {
    let value = samples.get(name).copied();
    assert!(value.is_some(), "{name} is missing: {samples:#?}");
    value.expect("it is there")
}

fn assert_value(samples: &Samples, name: &str, expected: f64) {
    let found = value(samples, name);
    assert!((found - expected).abs() < 1e-9, "{name}: {found}, not {expected}");
}

fn alerts(repo: &Repo, code: i32) -> Vec<String> {
    let document = repo.idhooks("alerts --format json").code(code).json();
    assert_fits(repo, "alerts", &document);
    let alerts = document["alerts"].as_array().expect("a list").iter();
    alerts.map(|alert| alert["name"].as_str().expect("a word").to_owned()).collect()
}

#[test]
fn metrics_are_those_of_the_linter() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let before = measured(repo);
        assert!(!before.keys().any(|name| name.contains("lint") || name.contains("legacy")));
        assert!(!repo.exists(".git/idhooks/cache/lint"), "without [lint], nothing is checked");
        with_code(repo);
        let samples = measured(repo);
        // app.py and tool.py of the template belong to no service.
        let report = repo.idhooks("lint --staged --format json").ok().json();
        assert_value(
            &samples,
            "identity_lint_files",
            report["totals"]["files"].as_f64().expect("a number"),
        );
        let labels = |service: &str, category: &str, priority: &str, kind: &str| {
            format!(
                "identity_lint_violations{{service=\"{service}\",category=\"{category}\",\
                 priority=\"{priority}\",kind=\"{kind}\"}}"
            )
        };
        assert_value(&samples, &labels("auth", "session", "critical", "method_call"), 1.0);
        assert_value(&samples, &labels("web", "other", "low", "method_call"), 1.0);
        assert_value(&samples, &labels("web", "other", "low", "literal"), 1.0);
        let violations = samples.iter().filter(|(name, _)| name.starts_with("identity_lint_v"));
        let sum: f64 = violations.map(|(_, count)| count).sum();
        assert!((sum - report["totals"]["findings"].as_f64().expect("a number")).abs() < 1e-9);
        for (service, share) in [("auth", 0.5), ("web", 0.5), ("other", 1.0)] {
            let of = |name: &str| format!("{name}{{service=\"{service}\"}}");
            assert_value(&samples, &of("identity_lint_score"), 100.0 * share);
            assert_value(&samples, &of("identity_migration_completion_ratio"), share);
        }
        let score = value(&samples, "identity_lint_total_score");
        let reported = report["totals"]["score"].as_f64().expect("a number");
        assert!((score - reported).abs() <= 0.05, "{score} {reported}");
        let legacy = "identity_legacy_ids_total{format=\"old_run\",source=\"code\"}";
        assert_value(&samples, legacy, 1.0);
        assert_value(&samples, MIXED, 0.0);
        assert_value(&samples, "identity_drift_issues{kind=\"identifiers\"}", 1.0);
        // The index is measured, not the working tree; and a commit as it was.
        repo.write("web/a.py", OLD);
        assert_value(&measured(repo), legacy, 1.0);
        repo.run("add web/a.py");
        assert_value(&measured(repo), legacy, 2.0);
        let head = repo.idhooks("metrics --no-history --rev HEAD").ok().stdout();
        assert_value(&prometheus(&head), legacy, 1.0);
        let old = repo.idhooks("metrics --no-history --rev HEAD~2").ok().stdout();
        assert!(!prometheus(&old).contains_key("identity_lint_files"));
    });
}

#[test]
fn what_is_mixed_is_so_within_a_service() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        with_code(repo);
        // Another service, another matter.
        repo.commit_file("auth/new.py", NEW);
        assert_value(&measured(repo), MIXED, 0.0);
        assert!(alerts(repo, 0).is_empty());
        repo.commit_file("web/new.py", NEW);
        for _ in 0..2 {
            assert_value(&measured(repo), MIXED, 1.0);
        }
        assert_eq!(alerts(repo, 1), ["mixed_formats"]);
        let told = repo.idhooks("alerts").code(1).stdout();
        assert!(told.contains("(1): 'old_run' in the service 'web'"), "{told}");
        repo.run("rm -q web/old.py");
        repo.commit("gone");
        assert_value(&measured(repo), MIXED, 0.0);
        assert!(alerts(repo, 0).is_empty());
    });
}

#[test]
fn the_past_in_critical_files_is_an_alert_and_drift() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        with_code(repo);
        assert!(alerts(repo, 0).is_empty(), "web/old.py is not critical");
        repo.commit_file("auth/call.py", CALL);
        repo.commit_file("auth/old.py", OLD);
        assert_eq!(alerts(repo, 1), ["legacy_id_use"]);
        let told = repo.idhooks("alerts").code(1).stdout();
        assert!(told.starts_with("high legacy_id_use: "), "{told}");
        assert!(told.contains("  auth/call.py:2:7: 'make_run_id()' should"), "{told}");
        repo.idhooks("alerts --rev HEAD~2").ok().done();

        let report = repo.idhooks("drift --format json").code(1).json();
        let sections = report["sections"].as_array().expect("sections");
        let code: &Value = sections.iter().find(|s| s["kind"] == "identifiers").expect("a section");
        let items = code["items"].as_array().expect("items").iter();
        let found: Vec<_> = items
            .map(|item| [&item["path"], &item["code"]].map(|v| v.as_str().expect("text")))
            .collect();
        assert_eq!(
            found,
            [
                ["auth/call.py", "DEPRECATED_ID_CALL"],
                ["auth/old.py", "ID_FORMAT"],
                ["web/old.py", "ID_FORMAT"]
            ]
        );
        let text = repo.idhooks("drift").code(1).stdout();
        assert!(
            text.contains("\nIdentifiers in code (3)\n  auth/call.py:2:7 'make_run_id()'"),
            "{text}"
        );
        assert_value(&measured(repo), "identity_drift_issues{kind=\"identifiers\"}", 3.0);

        // What is accepted in the file is none.
        repo.commit_file("auth/call.py", "# idhooks: allow-file\n".to_owned() + CALL);
        repo.run("rm -q auth/old.py web/old.py");
        repo.commit("accepted");
        assert!(alerts(repo, 0).is_empty());
        repo.idhooks("drift").ok().done();
    });
}

#[test]
fn rules_that_are_not_valid_are_said_and_hide_nothing_else() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        repo.configure("[lint]\nselect = [\"RAW_UUIDS\"]\n");
        let run = repo.idhooks("metrics --no-history").ok();
        let run = run.complains("cannot check identifiers in code: idhooks.toml:3");
        let samples = prometheus(&run.stdout());
        assert!(samples.contains_key("identity_total_files"));
        assert!(!samples.contains_key("identity_lint_files"));
        assert_eq!(alerts(repo, 2), ["cannot_look"]);
        repo.idhooks("drift").refused().complains("RAW_UUID").done();
        let seen = overview(repo)["identifiers"].clone();
        assert_eq!(seen["state"], "failed");
        assert!(seen["reason"].to_string().contains("RAW_UUIDS"), "{seen}");
    });
}

fn overview(repo: &Repo) -> Value {
    repo.idhooks("dashboard --output ../site").ok().done();
    serde_json::from_slice(&repo.read("../site/api/overview.json")).expect("JSON")
}

#[test]
fn the_dashboard_shows_how_far_the_migration_is() {
    for_each_git(|git| {
        let repo = &on_day(&Repo::empty(git), 1).adopt("");
        assert_eq!(overview(repo)["identifiers"], serde_json::json!({ "state": "off" }));
        with_code(repo);
        let later = &on_day(repo, 3);
        later.commit_file("web/page.py", "x = 4\n");
        later.commit_file("web/new.py", NEW);
        let shown = overview(later);
        let seen = &shown["identifiers"];
        assert_eq!(seen["state"], "checked");
        // Those of the linter, and the same as there.
        let report = later.idhooks("lint --rev HEAD --no-findings --format json").ok().json();
        for key in ["totals", "by", "scores", "phases", "top_files", "skipped"] {
            assert_eq!(seen[key], report[key], "{key}");
        }
        assert!(seen.get("findings").is_none());
        let history = later.idhooks("lint --history --format json").ok().json();
        assert_eq!(seen["history"], history["points"]);
        let points = seen["history"].as_array().expect("days");
        let counts: Vec<_> =
            points.iter().map(|day| [&day["date"], &day["files_with_findings"]]).collect();
        assert_eq!(
            counts,
            [[&Value::from("2023-11-01"), &Value::from(3)], [&"2023-11-03".into(), &2.into()]]
        );
        let legacy = &seen["legacy_formats"][0];
        assert_eq!(legacy["format"], "old_run");
        assert_eq!(
            [&legacy["identifiers"], &legacy["mixed_in"][0]],
            [&Value::from(1), &"web".into()]
        );
        assert_eq!(legacy["successors"], serde_json::json!(["run"]));
        assert!(seen["last_ci"].is_null());
        let drift = shown["drift"].as_array().expect("kinds");
        let code = drift.iter().find(|kind| kind["kind"] == "identifiers").expect("a kind");
        assert_eq!(
            [&code["count"], &code["items"][0]["path"]],
            [&Value::from(1), &"web/old.py".into()]
        );
        // Findings in code are none of the registry.
        assert_eq!(shown["findings"]["warnings"], 0);
        // What was counted once is not counted again; by other rules, it is.
        let kept = || repo.read(".git/idhooks/cache/lint-history");
        let before = kept();
        assert_eq!(overview(later)["identifiers"]["history"], seen["history"]);
        assert_eq!(kept(), before);
        later.configure(&RULES.replace("successor = \"run\"\n", ""));
        let changed = &overview(later)["identifiers"];
        assert_eq!(changed["legacy_formats"][0]["mixed_in"], serde_json::json!([]));
        assert!(kept().len() > before.len());
        later.idhooks("ci --base HEAD~1").ok().done();
        assert_eq!(overview(later)["identifiers"]["last_ci"]["result"], "fine");
    });
}

#[test]
fn a_bare_repository_has_code_too() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        with_code(&repo);
        repo.commit_file("notes/more.md", text("more"));
        repo.run("clone -q --bare . ../bare.git");
        let bare = repo.beside("bare.git");
        let there = bare.idhooks("metrics --no-history --rev HEAD").ok().stdout();
        let here = measured(&repo);
        let code = |samples: &Samples| -> Vec<(String, f64)> {
            let of_code = samples.iter().filter(|(name, _)| name.contains("lint"));
            of_code.map(|(name, value)| (name.clone(), *value)).collect()
        };
        assert_eq!(code(&prometheus(&there)), code(&here));
        assert!(!code(&here).is_empty());
        bare.idhooks("alerts --rev HEAD").ok().done();
        bare.idhooks("drift --rev HEAD").code(1).done();
    });
}
