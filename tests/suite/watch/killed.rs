//! SIGKILL at changes of the queue: no item is lost, and none is done twice but the one that was
//! being worked on.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::FAST;
use crate::common::{Repo, gits, sample};
use crate::crash_safety::stops::{Stop, Stops, Victim};

/// What changes, as the queue has it.
const CHANGES: [(&str, &str); 4] = [
    ("docs/new.md", "FILE_ADDED"),
    ("notes.txt", "FILE_MODIFIED"),
    ("moved.md", "FILE_MOVED"),
    ("src/util.py", "FILE_DELETED"),
];

fn change(repo: &Repo) {
    repo.write("docs/new.md", "new\n");
    repo.append("notes.txt", "more\n");
    fs::rename(repo.path().join("docs/guide.md"), repo.path().join("moved.md")).expect("renamed");
    repo.remove("src/util.py");
}

/// Waits for the next stop at a change of the queue.
fn next(stops: &mut Stops) -> Option<Stop> {
    loop {
        let stop = stops.next()?;
        if stop.point.starts_with("the queue ") {
            return Some(stop);
        }
        stops.go_on();
    }
}

/// Returns how often each path is in the log, in the lines after the first `seen` bytes.
fn logged(repo: &Repo, seen: usize) -> BTreeMap<String, usize> {
    let log = fs::read(repo.path().join(".git/idhooks/watch/actions.jsonl")).unwrap_or_default();
    let mut paths = BTreeMap::new();
    for line in String::from_utf8_lossy(&log[seen..]).lines() {
        let item: Value = serde_json::from_str(line).expect("JSON");
        *paths.entry(item["path"].as_str().expect("a path").to_owned()).or_default() += 1;
    }
    paths
}

#[test]
fn a_watcher_that_is_killed_at_any_change_of_the_queue_loses_nothing() {
    let start = Repo::adopted(&gits()[0]);
    start.configure(&format!("{FAST}max_actions = 1\n"));
    let changed = |name: &str| {
        let repo = start.copy_as(name);
        repo.idhooks("watch run --once").ok().done();
        repo.idhooks("queue clear --completed-before 0").ok().done();
        change(&repo);
        repo
    };
    let line = "idhooks watch run --once";
    let mut stops = Stops::start(&changed("undisturbed"), line);
    let mut count = 0;
    while next(&mut stops).is_some() {
        count += 1;
        stops.go_on();
    }
    assert!(count >= 12, "only {count} stops: is it a debug build?");
    for number in sample(count) {
        let repo = changed(&format!("killed-{number}"));
        let length = || {
            fs::read(repo.path().join(".git/idhooks/watch/actions.jsonl"))
                .map_or(0, |log| log.len())
        };
        let before = length();
        let mut stops = Stops::start(&repo, line);
        for _ in 0..number {
            next(&mut stops).expect("it stops as often as before");
            stops.go_on();
        }
        let stop = next(&mut stops).expect("it stops as often as before");
        stops.kill(&stop, Victim::Everything);
        stops.end();
        let first = logged(&repo, before);
        let killed = length();
        let rest = repo.idhooks("watch run --once").ok().stdout();
        let second = logged(&repo, killed);
        let list = repo.idhooks("queue list --format json").ok().json();
        let items = list["items"].as_array().expect("items");
        let text = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
        let mut found: Vec<(String, String)> =
            items.iter().map(|item| (text(item, "path"), text(item, "event_type"))).collect();
        let mut expected =
            CHANGES.map(|(path, event)| (path.to_owned(), event.to_owned())).to_vec();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "at {number}, {}", stop.point);
        assert!(items.iter().all(|item| item["status"] == "completed"), "at {number}: {list:#}");
        // What was done before is not done again, and at most one item needed another attempt.
        let twice = |path: &&String| second.contains_key(*path);
        assert!(
            first.keys().filter(twice).count() == 0,
            "at {number}: {first:?} {second:?}\n{rest}"
        );
        assert!(second.values().all(|count| *count == 1), "at {number}: {second:?}");
        let again = items.iter().filter(|item| item["attempts"] != 1).count();
        assert!(again <= 1, "at {number}: {list:#}");
        assert_eq!(repo.idhooks("watch run --once").ok().stdout(), "");
        fs::remove_dir_all(repo.path()).expect("a copy can be removed");
    }
}
