//! Who hears of new errors and dead letters.

use std::fs;

use serde_json::Value;

use super::{FAST, Watched};
use crate::checks::assert_fits;
use crate::common::{Repo, gits, is_running};
use crate::programs::with_programs;

/// A curl that keeps the documents that it sends, one after the other, and accepts everything.
const CURL: &str = r#"#!/bin/sh
cat >/dev/null
for last; do :; done
cat "${last#@}" >>"$HOME/sent"
printf 'HTTP/2 204\r\n\r\n\n204'
"#;
/// A notify-send that keeps what it shows.
const NOTIFY: &str = "#!/bin/sh\nprintf '%s|' \"$@\" >>\"$HOME/sent\"; echo >>\"$HOME/sent\"\n";

fn sent(repo: &Repo) -> String {
    fs::read_to_string(repo.root().join("home/sent")).unwrap_or_default()
}

fn started(rules: &str, programs: &[(&str, &str)]) -> Watched {
    let repo = Repo::adopted(&gits()[0]);
    repo.configure(&format!("{FAST}{rules}\n"));
    let repo = with_programs(&repo, programs);
    let repo = repo.with("IDHOOKS_WEBHOOK", "https://hooks.example.com/s3cret");
    let watched = Watched(repo);
    watched.start_with("--live");
    watched
}

/// Stages a registry with an error.
fn break_registry(repo: &Repo) {
    let registry = String::from_utf8(repo.read(".idhooks/registry.json")).expect("UTF-8");
    repo.write(".idhooks/registry.json", registry.replace("notes.txt", "none.txt"));
    repo.run("add .idhooks");
}

#[test]
fn a_webhook_hears_of_new_errors_and_of_dead_letters_once() {
    let watched = started("notify = \"webhook\"\non_change = \"stage\"", &[("curl", CURL)]);
    let repo = &watched.0;
    watched.until("a check", || watched.status()["last_success_at"].is_string());
    assert_eq!(sent(repo), "");
    repo.write(".idhooks/registry.json", "{");
    repo.run("add .idhooks");
    watched.until("a message", || !sent(repo).is_empty());
    let document: Value = serde_json::from_str(&sent(repo)).expect("one document");
    assert_fits(repo, "alerts", &document);
    assert_eq!(document["alerts"][0]["name"], "new_errors");
    // A move that the index cannot follow is tried three times.
    let registry = repo.registry("HEAD");
    fs::rename(repo.path().join("README.md"), repo.path().join("READ.md")).expect("renamed");
    watched.until("a dead letter", || watched.status()["queue"]["dead_letter"] == 1);
    watched.until("a message", || sent(repo).contains("\"dead_letters\""));
    assert_eq!(sent(repo).matches("\"dead_letters\"").count(), 1, "{}", sent(repo));
    // Nothing is lost.
    let list = repo.idhooks("queue list --status dead_letter").code(1).stdout();
    assert!(list.contains("READ.md"), "{list}");
    repo.write(".idhooks/registry.json", registry);
    repo.run("add .idhooks");
    repo.idhooks("queue retry --all-dead").ok().done();
    watched.until("the index follows", || repo.ask("ls-files READ.md") == "READ.md");
    assert_eq!(repo.idhooks("queue list --status dead_letter").ok().stdout(), "");
}

#[test]
fn the_desktop_hears_of_new_errors() {
    let watched = started("notify = \"desktop\"", &[("notify-send", NOTIFY)]);
    let repo = &watched.0;
    break_registry(repo);
    watched.until("a message", || sent(repo).ends_with('\n'));
    let line = sent(repo);
    assert!(
        line.starts_with("--app-name=idhooks|--|idhooks: work|the watcher found new errors ("),
        "{line}"
    );
    // The same errors are no news; others are.
    let check = watched.status()["last_success_at"].clone();
    repo.append("README.md", "more\n");
    repo.run("add README.md");
    watched.until("another check", || watched.status()["last_success_at"] != check);
    assert_eq!(sent(repo), line);
}

#[test]
fn a_missing_address_and_a_missing_program_are_named() {
    let repo = Repo::adopted(&gits()[0]);
    repo.configure(&format!("{FAST}notify = \"webhook\"\n"));
    for line in ["watch run", "watch start"] {
        repo.idhooks(line)
            .code(2)
            .explains("no address is set")
            .complains("IDHOOKS_WEBHOOK")
            .done();
    }
    let wrong = repo.with("IDHOOKS_WEBHOOK", "hooks");
    wrong.idhooks("watch start").code(2).explains("the address of the webhook").done();
    repo.configure(&format!("{FAST}notify = \"desktop\"\n"));
    break_registry(&repo);
    let failing = [("notify-send", "#!/bin/sh\necho no display >&2; exit 1\n")];
    let repo = with_programs(&repo, &failing);
    let output = repo.idhooks("watch run --once").code(1);
    output.complains("cannot show a message with notify-send: no display").done();
}

#[test]
fn no_message_outlives_the_watcher() {
    // Neither ends by itself; the first starts a process of its own.
    let show = "#!/bin/sh\nsleep 600 & echo $$ $! >\"$HOME/pids.new\"\n\
        mv \"$HOME/pids.new\" \"$HOME/pids\"; wait\n";
    let curl = "#!/bin/sh\ncat >/dev/null; echo $$ >\"$HOME/pids.new\"\n\
        mv \"$HOME/pids.new\" \"$HOME/pids\"; exec sleep 600\n";
    for (rule, program) in [("desktop", ("notify-send", show)), ("webhook", ("curl", curl))] {
        let watched = started(&format!("notify = \"{rule}\""), &[program]);
        let repo = &watched.0;
        let pids = repo.root().join("home/pids");
        break_registry(repo);
        watched.until("a message", || pids.exists());
        let programs = fs::read_to_string(&pids).expect("readable");
        repo.idhooks("watch stop").ok().done();
        watched.until("none is left", || !programs.split_whitespace().any(is_running));
    }
}
