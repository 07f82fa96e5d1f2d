//! `idhooks watch` and `idhooks queue`: real daemons, a real SQLite, real files.

mod daemon;
mod events;
mod faults;
mod generators;
#[cfg(feature = "report")]
mod hung;
mod killed;
mod live;
mod moves;
mod notify;
#[cfg(feature = "report")]
mod places;
mod queue;
#[cfg(feature = "report")]
mod reported;
mod soak;
mod storm;
mod units;
#[cfg(feature = "report")]
mod uptime;
mod worker;

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{Repo, gits, is_running};

/// Rules with which a change is processed within a second.
const FAST: &str = "[watch]\ndebounce = \"300ms\"\nmin_age = \"0\"\nsample_interval = \"50ms\"\n";
/// The longest time that anything takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// An adopted repository with a watcher, which ends with the test.
struct Watched(Repo);

impl Watched {
    /// Starts a watcher in a new repository.
    fn new(rules: &str) -> Self {
        let repo = Repo::adopted(&gits()[0]);
        repo.configure(rules);
        let watched = Watched(repo);
        watched.start();
        watched
    }

    /// Starts a watcher in a new repository that may change the index.
    fn live(rules: &str) -> Self {
        let repo = Repo::adopted(&gits()[0]);
        repo.configure(rules);
        let watched = Watched(repo);
        watched.start_with("--live");
        watched
    }

    /// Starts a watcher and waits until it has compared all files.
    fn start(&self) {
        self.start_with("");
    }

    /// Starts a watcher with options and waits until it has compared all files.
    fn start_with(&self, options: &str) {
        self.0.idhooks(format!("watch start {options}").as_str()).ok().done();
        self.until("it is active", || self.status()["state"] == "active");
    }

    /// Makes changes that the watcher sees only when all are made, however long a busy machine takes for them.
    fn at_once(&self, change: impl Fn()) {
        signal(self, "STOP");
        change();
        signal(self, "CONT");
    }

    fn status(&self) -> Value {
        self.0.idhooks("watch status --format json").json()
    }

    /// Waits until a condition holds.
    #[track_caller]
    fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let begin = Instant::now();
        // Most conditions start a program, which takes the processor from the watcher waited for.
        let mut pause = Duration::from_millis(10);
        while !holds() {
            assert!(begin.elapsed() < LIMIT, "not in time: {what}\n{:#}", self.status());
            std::thread::sleep(pause);
            pause = (pause * 3 / 2).min(Duration::from_millis(100));
        }
    }

    /// Returns what was processed: the event, and the path with the former path of a move.
    fn actions(&self) -> Vec<String> {
        let log = self.0.path().join(".git/idhooks/watch/actions.jsonl");
        let text = std::fs::read_to_string(log).unwrap_or_default();
        let line = |line: &str| {
            let item: Value = serde_json::from_str(line).expect("JSON");
            let text = |key: &str| item[key].as_str().map(str::to_owned);
            let (event, path) =
                (text("event_type").expect("a name"), text("path").expect("a path"));
            match (text("old_path"), text("error")) {
                (_, Some(error)) => format!("{event} {path}: {error}"),
                (Some(old), None) => format!("{event} {old} -> {path}"),
                (None, None) => format!("{event} {path}"),
            }
        };
        text.lines().map(line).collect()
    }

    /// Waits until exactly these were processed, after those before.
    #[track_caller]
    fn expect(&self, before: usize, expected: &[&str]) {
        let count = before + expected.len();
        self.until(&format!("{expected:?}"), || self.actions().len() >= count);
        let mut actions = self.actions().split_off(before);
        let mut expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
        actions.sort();
        expected.sort();
        assert_eq!(actions, expected);
    }

    /// Waits until nothing is left to be done, and returns the number of processed items.
    fn settled(&self) -> usize {
        self.until("nothing waits", || {
            let status = self.status();
            let queue = &status["queue"];
            status["pending"] == 0 && queue["queued"] == 0 && queue["running"] == 0
        });
        self.actions().len()
    }
}

/// Sends a signal to the process of a watcher.
fn signal(watched: &Watched, name: &str) {
    let process = watched.status()["pid"].as_u64().expect("a process").to_string();
    assert!(Command::new("kill").args(["-s", name, &process]).status().expect("kill").success());
}

/// Waits until a process has ended.
fn assert_ends(process: u64) {
    let begin = Instant::now();
    while is_running(&process.to_string()) {
        assert!(begin.elapsed() < LIMIT, "it still runs");
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.0.path().exists() {
            self.0.idhooks("watch stop").done();
        }
    }
}
