//! `idhooks log` and `idhooks show --at`: what an identity was, and when; by which words a record is
//! found, `idhooks id` and `idhooks path`.

mod merges;
mod no_files;
mod prefixes;
mod states;
mod subjects;
mod then;
mod words;

use std::ffi::OsString;

use serde_json::Value;

use crate::common::{Args, Repo};

/// Returns what `log` says in JSON, the oldest event first.
fn log(repo: &Repo, args: impl Args) -> Value {
    let mut words: Vec<OsString> = ["log", "--format", "json", "--reverse"].map(Into::into).into();
    words.extend(args.list());
    repo.idhooks(words).ok().json()
}

/// Returns the events that `log` tells, the oldest first: the subject of the commit, what
/// happened and the path, and what else is said.
fn told(repo: &Repo, args: impl Args) -> Vec<String> {
    let log = log(repo, args);
    let events = log["events"].as_array().expect("events are a list");
    events.iter().map(|event| line(repo, event)).collect()
}

fn line(repo: &Repo, event: &Value) -> String {
    let text = |key: &str| event[key].as_str().expect("text").to_owned();
    let commit = text("commit");
    // Who and when is git's word.
    let said = [text("author"), text("mail"), text("at")].join(" ");
    let git = ["log", "-1", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", "--format=%an %ae %ad"];
    let [log, one, date, format] = git;
    assert_eq!(said, repo.ask([log, one, date, format, &commit]));
    let subject = repo.ask(["log", "-1", "--format=%s", &commit]);
    let mut line = format!("{subject}: {} {}", text("event"), text("path"));
    for key in ["old_id", "from", "reason", "by", "alias", "copied_from", "reassigned_from"] {
        if let Some(value) = event[key].as_str() {
            line.push_str(&format!(" {key}={value}"));
        }
    }
    line
}

/// Commits what is staged and what differs, with a message of one word.
fn commit_all(repo: &Repo, subject: &str) {
    repo.run("add -A");
    repo.commit(subject);
}

/// Replaces text in the registry and commits it as a clone without hooks would.
fn edit_registry(repo: &Repo, subject: &str, edit: impl Fn(&str) -> String) {
    let text = String::from_utf8(repo.registry("HEAD")).expect("the registry is text");
    let edited = edit(&text);
    assert_ne!(edited, text, "nothing was edited");
    repo.write(".idhooks/registry.json", edited);
    repo.run("add -A");
    repo.run(["commit", "-q", "--no-verify", "-m", subject]);
}
