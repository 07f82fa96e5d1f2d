//! `idhooks doctor`: each line of it, in the clone that brings it about.

mod fix;
mod gate;
mod installation;
mod places;
mod settings;

use crate::common::Repo;

/// What doctor says of one check: its level, its message, what to do.
type Said = (String, String, String);

/// Returns what doctor says of a check, line by line.
fn said(repo: &Repo, check: &str) -> Vec<Said> {
    let report = repo.idhooks("doctor --format json").json();
    let lines = report["lines"].as_array().expect("lines are a list").iter();
    let text = |line: &serde_json::Value, key: &str| line[key].as_str().unwrap_or("").to_owned();
    let lines = lines.filter(|line| line["check"] == check);
    lines.map(|line| (text(line, "level"), text(line, "message"), text(line, "help"))).collect()
}

/// Asserts that doctor has a line of this check and level whose message has these words, and
/// that its help has those.
pub(crate) fn assert_says(repo: &Repo, check: &str, level: &str, words: &str, help: &str) {
    let all = said(repo, check);
    let fits = |line: &&Said| line.0 == level && line.1.contains(words) && line.2.contains(help);
    assert!(all.iter().any(|line| fits(&line)), "{check} {level} {words:?} {help:?}: {all:#?}");
}

/// Returns the checks of which doctor says anything but ok.
fn complaints(repo: &Repo) -> Vec<String> {
    let report = repo.idhooks("doctor --format json").json();
    let lines = report["lines"].as_array().expect("lines are a list").iter();
    let lines = lines.filter(|line| line["level"] != "ok");
    lines.map(|line| line["check"].as_str().expect("text").to_owned()).collect()
}
