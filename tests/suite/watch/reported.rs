//! What reports say of a watcher.

use std::collections::BTreeMap;
use std::fs;

use super::generators::{adopted, copier, staged};
use super::{FAST, Watched, signal};
use crate::common::{Repo, gits, on_adopted};

#[test]
fn names_and_help_follow_the_rules_of_promtool() {
    on_adopted(|repo| {
        repo.idhooks("watch run --once").ok().done();
        let text = repo.idhooks("metrics").ok().stdout();
        let mut kinds = BTreeMap::new();
        for line in text.lines().filter(|line| line.starts_with('#')) {
            let words: Vec<&str> = line.splitn(4, ' ').collect();
            assert!(words.len() == 4 && !words[3].is_empty(), "{line}");
            if words[1] == "TYPE" {
                kinds.insert(words[2].to_owned(), words[3]);
            }
        }
        for (name, kind) in kinds {
            let is_total = name.ends_with("_total");
            assert_eq!(kind == "counter", is_total, "{name}");
            assert!(!["_count", "_sum", "_bucket"].iter().any(|end| name.ends_with(end)), "{name}");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
            let mut words = name.split('_');
            let is_odd = |word| {
                ["gauge", "counter", "histogram", "summary", "s", "ms", "us", "ns", "sec", "b"]
                    .contains(&word)
            };
            assert!(!words.any(is_odd), "{name}");
        }
    });
}

#[test]
fn a_restart_keeps_what_it_cannot_replace_and_how_it_ran() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    repo.idhooks("watch stop").ok().done();
    watched.start_with("--live");
    let process = watched.status()["pid"].clone();
    let rules = String::from_utf8(repo.read("idhooks.toml")).expect("UTF-8");
    repo.write("idhooks.toml", "[watch]\ndebonce = \"1s\"\n");
    repo.idhooks("watch restart").code(2).complains("debonce").done();
    assert_eq!(watched.status()["pid"], process);
    repo.write("idhooks.toml", rules);
    repo.idhooks("watch restart").ok().done();
    watched.until("another one is active", || {
        let status = watched.status();
        status["state"] == "active" && status["pid"] != process && status["live"] == true
    });
    signal(&watched, "KILL");
    watched.until("it is dead", || watched.status()["state"] == "died");
    let health = repo.idhooks("health").code(1).stdout();
    assert!(health.contains("start it: idhooks watch start --live;"), "{health}");
}

#[test]
fn a_queue_that_cannot_be_used_stops_only_the_watcher() {
    let repo = Repo::adopted(&gits()[0]);
    let queue = repo.path().join(".git/idhooks/queue.db");
    repo.idhooks("watch run --once").ok().done();
    fs::write(&queue, "no database".repeat(1_000)).expect("writable");
    for line in ["queue status", "queue list"] {
        repo.idhooks(line).code(2).explains("queue.db' is damaged").complains("rm ").done();
    }
    // Everything else works.
    repo.commit_file("other.md", "x\n");
    for line in ["check", "status", "metrics"] {
        repo.idhooks(line).ok().done();
    }
    let alerts = repo.idhooks("alerts --format json").code(1).json();
    assert_eq!(alerts["alerts"][0]["name"], "queue_unusable");
    let health = repo.idhooks("health").code(1).stdout();
    let severity = alerts["alerts"][0]["severity"].as_str().expect("a word");
    let is_it = |line: &str| line.starts_with(severity) && line.contains(" queue ");
    assert!(health.lines().any(is_it), "{health}");
    repo.idhooks("doctor").done();
    // What is to do is begun anew, and the damaged file is kept.
    repo.idhooks("queue run --once").ok().complains("a new one begins").done();
    repo.idhooks("queue status").ok().done();
}

#[test]
fn a_generator_that_rewrites_its_input_is_reported_once() {
    let watched = Watched(adopted(&format!("{FAST}{}", copier("own", "a.txt", "a.txt"))));
    let repo = &watched.0;
    watched.start_with("--live");
    let problem = || watched.status()["last_error"].as_str().unwrap_or_default().to_owned();
    watched.until("a problem", || problem().contains("rewrites its own input 'a.txt'"));
    let seen = watched.settled();
    repo.stage("c.txt", "x\n");
    watched.expect(seen, &["FILE_ADDED c.txt"]);
    watched.settled();
    assert_eq!(watched.status()["errors"], 1);
    assert_eq!(staged(repo, "a.txt"), "begin\n");
    // It is an alert until it works.
    repo.idhooks("alerts").code(1).done();
    let rules = String::from_utf8(repo.read("idhooks.toml")).expect("UTF-8");
    repo.stage("idhooks.toml", rules.replace("output = [\"a.txt\"]", "output = [\"b.txt\"]"));
    watched.until("it works", || staged(repo, "b.txt") == "begin\nown\n");
    watched.until("no problem", || watched.status()["generator_problems"] == serde_json::json!([]));
    assert!(watched.status()["last_error"].is_null(), "{:#}", watched.status());
    repo.idhooks("alerts").ok().done();
}

#[test]
fn a_generator_that_stages_its_own_input_is_stopped_and_reported() {
    let repo = Repo::adopted(&gits()[0]);
    let (runs, top) = (repo.root().join("runs"), repo.path().to_owned());
    let plain = |path: &std::path::Path| path.to_str().expect("a plain name").to_owned();
    let repo = repo.with("RUNS", &plain(&runs)).with("TOP", &plain(&top));
    repo.stage("a.txt", "begin\n");
    let script =
        r#"echo x >> \"$RUNS\"; cp \"$RUNS\" \"$TOP/a.txt\"; git -C \"$TOP\" add a.txt; cat a.txt"#;
    let rule = format!(
        "[[generators]]\nname = \"selfish\"\nfiles = [\"a.txt\"]\noutput = [\"b.txt\"]\nrun = \"watch\"\n\
         command = [\"sh\", \"-c\", \"{script}\"]\nprograms = []\n"
    );
    repo.configure(&format!("{FAST}{rule}"));
    let hash = repo.idhooks("generate --list --format json").ok().json()["trust"]["hash"].clone();
    repo.run(["config", "idhooks.trust", hash.as_str().expect("a hash")]);
    let watched = Watched(repo);
    let repo = &watched.0;
    watched.start_with("--live");
    let problems = || watched.status()["generator_problems"].clone();
    watched.until("it is stopped", || problems() != serde_json::json!([]));
    let problem = problems()[0]["message"].as_str().expect("a message").to_owned();
    for part in
        ["generator 'selfish' is stopped: ", "10 times in a row", "changes the index itself"]
    {
        assert!(problem.contains(part), "{problem}");
    }
    let count = || fs::read_to_string(&runs).expect("it ran").lines().count();
    let before = count();
    assert!((10..=20).contains(&before), "{before} runs");
    // It stays stopped, although there is more to be made.
    repo.stage("c.txt", "x\n");
    watched.until("an item", || watched.actions().contains(&"FILE_ADDED c.txt".to_owned()));
    watched.settled();
    assert_eq!(count(), before);
    // Whoever looks after the clone hears of it.
    let alerts = repo.idhooks("alerts --format json").code(1).json();
    assert_eq!(alerts["alerts"][0]["name"], "generator_failed");
    assert!(alerts["alerts"][0]["message"].as_str().is_some_and(|text| text.contains(&problem)));
    for line in ["health", "doctor"] {
        let shown = repo.idhooks(line).stdout();
        assert!(shown.contains("generator 'selfish' is stopped"), "{line}: {shown}");
    }
    // A watcher that does not run has none.
    repo.idhooks("watch stop").ok().done();
    repo.idhooks("alerts").ok().done();
}

#[test]
fn health_and_alerts_know_of_a_watcher_that_died() {
    let watched = Watched::new(super::FAST);
    let repo = &watched.0;
    let health = repo.idhooks("health").ok().stdout();
    assert!(health.contains("watcher") && health.contains("active, "), "{health}");
    let metrics = repo.idhooks("metrics --no-history").ok().stdout();
    for line in [
        "identity_watcher_up 1\n",
        "identity_watcher_expected 1\n",
        "# TYPE identity_watcher_detection_seconds histogram\n",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
    repo.idhooks("alerts").ok().done();
    signal(&watched, "KILL");
    watched.until("it is dead", || watched.status()["state"] == "died");
    let seen = watched.status()["written_at"].as_str().expect("a date").to_owned();
    let reason = format!("has ended although no one stopped it; it was last seen at {seen}");
    let status = repo.idhooks("watch status").code(1);
    let status = status.complains(&format!("the watcher {reason}"));
    let status = status.complains("start it: idhooks watch start; ");
    assert!(status.stdout().starts_with("state         died\nprocess       -\n"), "{status}");
    let health = repo.idhooks("health").code(1).stdout();
    assert!(health.contains(&format!("it {reason}")), "{health}");
    let screen = repo.idhooks("status").ok().stdout();
    assert!(screen.contains(&format!("\nwatcher     {reason}; start it: ")), "{screen}");
    let down = repo.idhooks("status --format json").ok().json()["watcher"].clone();
    assert_eq!(down["reason"], reason);
    let alert = repo.idhooks("alerts --format json").code(1).json()["alerts"][0].clone();
    assert_eq!(alert["name"], "watcher_down");
    // Both have the same severity.
    let checks = repo.idhooks("health --format json").code(1).json()["checks"].clone();
    let checks = checks.as_array().expect("a list");
    let check = checks.iter().find(|check| check["name"] == "watcher").expect("a check");
    assert_eq!(check["state"], alert["severity"]);
    // The rule for Prometheus: identity_watcher_up == 0 unless identity_watcher_expected == 0.
    let figures = |expected: u8| {
        let metrics = repo.idhooks("metrics --no-history").ok().stdout();
        assert!(metrics.contains("identity_watcher_up 0\n"), "{metrics}");
        let line = format!("identity_watcher_expected {expected}\n");
        assert!(metrics.contains(&line), "{metrics}");
    };
    figures(1);
    // Someone who stops it does not want it to run, whether it still does or has died.
    for is_running in [false, true] {
        if is_running {
            watched.start();
        }
        repo.idhooks("watch stop").ok().done();
        repo.idhooks("watch status").code(1).done();
        assert!(!repo.idhooks("status").ok().stdout().contains("watcher"));
        repo.idhooks("health").ok().done();
        repo.idhooks("alerts").ok().done();
        figures(0);
    }
}
