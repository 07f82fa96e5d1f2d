//! A legacy file that commits keep in step: what metrics, alerts and the audit log say about it.

use serde_json::Value;

use super::grammar::{Samples, openmetrics, prometheus};
use super::on_day;
use crate::checks::assert_fits;
use crate::common::{Repo, SCOPE, for_each_git, on_adopted, on_adopted_leaving, text};

const RULES: &str = "[dual_write]\nenabled = true\n";
pub(super) const LEGACY: &str = "registry/ID_REGISTRY.json";
const DISCREPANCIES: &str = "identity_dual_write_discrepancies";
const PROGRESS: &str = "identity_migration_progress_ratio";

/// Commits these rules, and no others.
pub(super) fn configure(repo: &Repo, lines: &str) {
    repo.commit_file("idhooks.toml", format!("scope = \"{SCOPE}\"\n{lines}"));
}

fn measured(repo: &Repo, options: &str) -> Samples {
    prometheus(&repo.idhooks(format!("metrics {options}").as_str()).ok().stdout())
}

fn assert_value(samples: &Samples, name: &str, expected: f64) {
    let found = samples.get(name).copied();
    assert!(found.is_some_and(|found| (found - expected).abs() < 1e-9), "{name}: {found:?}");
}

/// Returns what alerts say, as `severity name: message`.
fn alerts(repo: &Repo, code: i32) -> Vec<String> {
    let document = repo.idhooks("alerts --format json").code(code).json();
    assert_fits(repo, "alerts", &document);
    let word = |alert: &Value, name: &str| alert[name].as_str().expect("a word").to_owned();
    let shown = |alert| {
        format!("{} {}: {}", word(alert, "severity"), word(alert, "name"), word(alert, "message"))
    };
    document["alerts"].as_array().expect("a list").iter().map(shown).collect()
}

/// Returns the events of the legacy file in the audit log.
fn events(repo: &Repo) -> Vec<Value> {
    let lines = repo.idhooks("audit query --format jsonl --event dual_write").ok().stdout();
    let events: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    events.iter().for_each(|event| assert_fits(repo, "audit", event));
    events.into_iter().map(|mut event| event["data"].take()).collect()
}

fn is_of_both(name: &str) -> bool {
    name.starts_with("identity_dual_write") || name.starts_with("identity_migration")
}

#[test]
fn metrics_say_how_both_files_compare() {
    on_adopted_leaving(&format!("M  {LEGACY}\n"), |repo| {
        configure(repo, RULES);
        repo.stage("docs/new.md", text("new"));
        repo.commit("new");
        let samples = measured(repo, "");
        assert_value(&samples, "identity_dual_write_enabled", 1.0);
        assert_value(&samples, DISCREPANCIES, 0.0);
        assert_value(&samples, PROGRESS, 1.0);
        let records = samples["identity_total_allocations"];
        assert_value(&samples, "identity_migration_records{state=\"in_step\"}", records);
        assert_value(&samples, "identity_operations_total{operation=\"allocated\"}", records);
        assert_value(&samples, "identity_dual_write_total{status=\"failed\"}", 0.0);
        let written = samples["identity_dual_write_total{status=\"success\"}"];
        assert!(written >= 2.0, "{written}");
        assert_value(&samples, "identity_dual_write_seconds_count", written);
        let bounds = samples.range("identity_dual_write_seconds_bucket".to_owned()..);
        let bounds = bounds.take_while(|(name, _)| name.contains("_bucket")).count();
        assert_eq!(bounds, 10, "nine bounds and all");
        openmetrics(&repo.idhooks("metrics --format openmetrics").ok().stdout());
        assert!(alerts(repo, 0).is_empty());

        // Two records differ, one of them in two fields, and one is missing.
        let mut legacy: Value = serde_json::from_slice(&repo.read(LEGACY)).expect("JSON");
        let all = legacy["allocations"].as_array_mut().expect("a list");
        all[0]["file_path"] = "elsewhere.md".into();
        all[0]["status"] = "deprecated".into();
        all[1]["allocated_at"] = "2020-01-01T00:00:00Z".into();
        all.pop();
        repo.stage(LEGACY, legacy.to_string());
        let samples = measured(repo, "--no-history");
        assert_value(&samples, DISCREPANCIES, 4.0);
        assert_value(&samples, "identity_migration_records{state=\"differs\"}", 2.0);
        assert_value(&samples, "identity_migration_records{state=\"only_registry\"}", 1.0);
        assert_value(&samples, "identity_migration_records{state=\"only_legacy\"}", 0.0);
        assert_value(&samples, PROGRESS, (records - 3.0) / records);
        assert!(samples.keys().all(|name| !name.starts_with("identity_operations")));
        let alerts_now = alerts(repo, 1);
        assert_eq!(alerts_now, ["high dual_write_mismatch: registry and legacy file differ (4)"]);
        assert_value(&measured(repo, "--rev HEAD"), DISCREPANCIES, 0.0);
    });
}

#[test]
fn a_file_that_cannot_be_compared_is_one_difference_and_no_progress() {
    on_adopted_leaving(&format!("M  {LEGACY}\n"), |repo| {
        configure(repo, RULES);
        repo.stage(LEGACY, "{");
        let samples = measured(repo, "--no-history");
        assert_value(&samples, DISCREPANCIES, 1.0);
        assert!(!samples.contains_key(PROGRESS), "{samples:#?}");
        let alerts_now = alerts(repo, 1);
        assert_eq!(alerts_now, ["high dual_write_mismatch: registry and legacy file differ (1)"]);
    });
}

#[test]
fn without_rules_there_are_no_figures_and_switched_off_only_counters() {
    on_adopted(|repo| {
        // The suite may have every repository write both.
        configure(repo, "");
        let samples = measured(repo, "--no-history");
        assert!(!samples.keys().any(|name| is_of_both(name)), "{samples:#?}");
        configure(repo, "[dual_write]\nenabled = false\n");
        let samples = measured(repo, "--no-history");
        assert_value(&samples, "identity_dual_write_enabled", 0.0);
        assert!(!samples.contains_key(DISCREPANCIES), "{samples:#?}");
        assert!(samples.contains_key(PROGRESS), "{samples:#?}");
        assert!(alerts(repo, 0).is_empty());
    });
}

#[test]
fn what_happened_to_identities_is_counted_by_kind() {
    for_each_git(|git| {
        let repo = &on_day(&Repo::adopted(git), 7);
        let before = measured(repo, "");
        repo.run("mv notes.txt other.txt");
        repo.commit("move");
        repo.run("rm -q README.md");
        repo.commit("remove");
        let after = measured(repo, "");
        let of = |samples: &Samples, operation: &str| {
            let name = format!("identity_operations_total{{operation=\"{operation}\"}}");
            samples.get(&name).copied().unwrap_or_default()
        };
        for (operation, more) in [("allocated", 0.0), ("renamed", 1.0), ("deprecated", 1.0)] {
            let count = of(&after, operation) - of(&before, operation);
            assert!((count - more).abs() < 1e-9, "{operation}: {after:#?}");
        }
    });
}

#[test]
fn commands_leave_an_event_of_what_they_wrote() {
    on_adopted(|repo| {
        configure(repo, RULES);
        assert!(events(repo).is_empty(), "commits show what hooks wrote");
        let id = repo.id("notes.txt");
        repo.idhooks("deprecate notes.txt --reason old").ok().done();
        let [event] = events(repo).try_into().expect("one event");
        assert_eq!((&event["id"], &event["command"]), (&id.into(), &"deprecate".into()));
        assert_eq!(
            (&event["operation"], &event["status"]),
            (&"deprecated".into(), &"success".into())
        );
        assert_eq!(event["details"]["path"], LEGACY);
        assert_eq!(event["details"]["identities"], 1);
        assert!(event["duration_ms"].is_u64(), "{event}");
        repo.idhooks("deprecate README.md src/app.py --reason old").ok().done();
        let [_, event] = events(repo).try_into().expect("two events");
        assert!(event["id"].is_null(), "{event}");
        assert_eq!(event["details"]["identities"], 2);
        repo.commit("old");
    });
}

#[test]
fn a_write_that_fails_is_counted_and_recorded_and_an_alert() {
    on_adopted(|repo| {
        // At the same time there is the same text again.
        let repo = &on_day(repo, 9);
        configure(repo, RULES);
        let (line, in_the_way) = blocked_command(repo);
        repo.write(&in_the_way, "");
        repo.idhooks(&*line).code(2).done();
        let samples = measured(repo, "--no-history");
        assert_value(&samples, "identity_dual_write_total{status=\"failed\"}", 1.0);
        let [event] = events(repo).try_into().expect("one event");
        assert_eq!((&event["status"], &event["command"]), (&"failed".into(), &"deprecate".into()));
        assert!(event["details"]["error"].is_string(), "{event}");
        let [alert] = alerts(repo, 1).try_into().expect("one alert");
        let (name, message) = alert.split_once(": ").expect("a message");
        assert_eq!(name, "high dual_write_errors");
        assert!(message.ends_with("writes of the legacy file failed"), "{message}");
        assert_eq!(repo.ask("status --short"), "", "nothing was changed");

        repo.remove(&in_the_way);
        repo.idhooks(&*line).ok().done();
        assert_eq!(events(repo)[1]["status"], "success");
        repo.commit("old");
    });
}

/// Returns a command line, and the directory of objects that it needs for the legacy file alone.
fn blocked_command(repo: &Repo) -> (String, String) {
    let candidate = |n: u32| {
        let line = format!("deprecate notes.txt --reason old-{n}");
        let twin = repo.copy_as(&format!("twin-{n}"));
        twin.idhooks(&*line).ok().done();
        let place = |path: &str| {
            let blob = twin.ask(["rev-parse", &format!(":{path}")]);
            format!(".git/objects/{}", &blob[..2])
        };
        let (legacy, registry) = (place(LEGACY), place(".idhooks/registry.json"));
        (legacy != registry && !repo.exists(&legacy)).then_some((line, legacy))
    };
    (0..50).find_map(candidate).expect("a directory of objects that is not there")
}
