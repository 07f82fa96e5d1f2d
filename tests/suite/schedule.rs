//! `idhooks schedule`: reports written again and again, and the timers of four systems.

mod backup;
mod cron;
mod due;
mod hourly;
mod jobs;
mod overlap;
mod places;
mod program;
mod purge;
mod systemd;
mod windows;

use std::path::PathBuf;

use serde_json::Value;

use crate::checks::assert_fits;
use crate::common::{Git, Repo, SCOPE, text};
use crate::programs::with_programs;

/// A crontab that is kept in a file.
const CRONTAB: &str = r#"#!/bin/sh
case $1 in
  -l) if [ -f "$HOME/crontab" ]; then cat "$HOME/crontab"; else echo "no crontab" >&2; exit 1; fi ;;
  -r) rm "$HOME/crontab" ;;
  -) cat >"$HOME/crontab.new" && mv "$HOME/crontab.new" "$HOME/crontab" ;;
esac
"#;

/// Returns the same repository at a moment.
fn at(repo: &Repo, moment: &str) -> Repo {
    repo.with("GIT_AUTHOR_DATE", moment).with("GIT_COMMITTER_DATE", moment)
}

/// Returns the directory of the reports.
fn reports(repo: &Repo) -> PathBuf {
    repo.path().join(".git/idhooks/reports")
}

/// Returns a report as Markdown and as JSON, which must fit the schema that the program prints.
fn report(repo: &Repo, name: &str) -> (String, Value) {
    let read = |form: &str| {
        let file = reports(repo).join(format!("{name}.{form}"));
        std::fs::read_to_string(file).expect("a report")
    };
    let json: Value = serde_json::from_str(&read("json")).expect("JSON");
    assert_fits(repo, "schedule-report", &json);
    (read("md"), json)
}

/// Returns a section of a report.
fn section<'v>(report: &'v Value, name: &str) -> &'v Value {
    let sections = report["sections"].as_array().expect("sections");
    sections.iter().find(|section| section["name"] == name).expect("the section")
}

/// Returns what 'schedule list' says, which must fit its schema.
fn listed(repo: &Repo) -> Value {
    let json = repo.idhooks("schedule list --format json").ok().json();
    assert_fits(repo, "schedule", &json);
    json
}

/// Returns the timers of the repository: who keeps them, and how they stand.
fn timers(repo: &Repo) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let list = listed(repo);
    let timers = list["timers"].as_array().expect("timers");
    timers.iter().map(|timer| (text(&timer["kind"]), text(&timer["state"]))).collect()
}

/// Returns an adopted repository in a directory with a name of one's choice.
fn adopted_in(git: &Git, name: &str) -> Repo {
    let repo = Repo::nowhere(git).beside(name);
    std::fs::create_dir_all(repo.path()).expect("a directory");
    repo.run("init -q -b main");
    repo.stage("docs/guide.md", text("guide"));
    repo.idhooks(["init", "--scope", SCOPE]).ok().done();
    repo.idhooks("install").ok().done();
    repo.commit("adopt");
    repo
}

/// Names that mean something to one system or another.
const HOSTILE: [&str; 5] =
    ["a b", "50%y", r#"it's "quoted" \"#, "$HOME ${x} `id`", "Ünïcode\u{a0}日本; #x & y"];
