//! Moves that the next commit would not recognise.

use std::fs;

use serde_json::Value;

use super::{FAST, Watched};
use crate::common::{Repo, binary, for_each_git, text};

fn rename(repo: &Repo, from: &str, to: &str) {
    let [from, to] = [from, to].map(|path| repo.path().join(path));
    fs::create_dir_all(to.parent().expect("a directory")).expect("made");
    fs::rename(from, to).expect("renamed");
}

/// Returns the warnings about moves.
fn warnings(watched: &Watched) -> Vec<Value> {
    let findings = watched.status()["findings"].as_array().cloned().unwrap_or_default();
    let is_one = |finding: &Value| {
        finding["code"] == "STALE_PATH"
            && finding["severity"] == "warning"
            && finding["related"][0]["path"].is_string()
    };
    findings.into_iter().filter(is_one).collect()
}

/// Waits until a check has run after the actions so far.
fn checked(watched: &Watched) {
    watched.settled();
    let before = watched.status()["last_success_at"].clone();
    // The index is another file now.
    watched.0.run("update-index --force-write-index");
    watched.until("another check", || watched.status()["last_success_at"] != before);
}

/// Waits for the warning about one move.
fn warning(watched: &Watched) -> Value {
    watched.until("a warning", || warnings(watched).len() == 1);
    warnings(watched).remove(0)
}

#[test]
fn a_move_that_the_next_commit_would_not_recognise_is_a_warning() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(FAST);
        let watched = Watched(repo);
        watched.start();
        let repo = &watched.0;
        let id = repo.id("docs/guide.md");
        // A move that the commit recognises is none of its business, edited or not.
        let seen = watched.settled();
        rename(repo, "docs/guide.md", "manual/it's new.md");
        watched.expect(seen, &["FILE_MOVED docs/guide.md -> manual/it's new.md"]);
        checked(&watched);
        assert!(warnings(&watched).is_empty(), "{:#}", watched.status());
        repo.write("manual/it's new.md", text("something else"));
        let found = warning(&watched);
        assert_eq!(found["path"], "docs/guide.md");
        assert_eq!(found["related"][0]["path"], "manual/it's new.md");
        assert_eq!(found["id"], id.as_str());
        let shown = repo.idhooks("watch status").ok().stdout();
        let message = found["message"].as_str().expect("a text");
        assert!(
            shown.contains(message) && message.contains("'docs/guide.md' was moved"),
            "{shown}"
        );
        // Nothing was written to the repository for that, and it outlives the watcher.
        let blob = repo.ask(["hash-object", "manual/it's new.md"]);
        assert!(!repo.try_git(["cat-file", "-e", &blob]).succeeded());
        repo.idhooks("watch restart").ok().done();
        checked(&watched);
        warning(&watched);
        // Moved back, though not as it was.
        rename(repo, "manual/it's new.md", "docs/guide.md");
        watched.until("no warning", || warnings(&watched).is_empty());
        rename(repo, "docs/guide.md", "manual/it's new.md");
        warning(&watched);
        // It stays until the commit, staged or not.
        repo.run("add -A");
        watched.until("a shorter remedy", || {
            warning(&watched)["help"].as_str().is_some_and(|help| !help.contains("git add"))
        });
        let notes = watched.status()["findings"].as_array().map(Vec::len);
        assert_eq!(notes, Some(2), "{:#}", watched.status());
        repo.run("reset -q");
        watched.until("the whole remedy", || {
            warning(&watched)["help"].as_str().is_some_and(|help| help.contains("git add"))
        });
        // The remedy as it is printed.
        let shown = repo.idhooks("watch status").ok().stdout();
        let remedy = shown.lines().find_map(|line| {
            line.trim().strip_prefix("help: if it is the same file, keep its identity: ")
        });
        let program = format!("'{}' assign ", binary().display());
        repo.sh(&remedy.expect("a remedy").replace("idhooks assign ", &program)).ok().done();
        watched.until("no warning", || warnings(&watched).is_empty());
        repo.commit("moved");
        assert_eq!(repo.id("manual/it's new.md"), id);
        checked(&watched);
        assert!(warnings(&watched).is_empty(), "{:#}", watched.status());
        repo.idhooks("check --strict").ok().done();
    });
}

#[test]
fn a_commit_decides_about_a_move() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    let id = repo.id("notes.txt");
    rename(repo, "notes.txt", "moved.txt");
    repo.write("moved.txt", text("something else"));
    warning(&watched);
    repo.run("add -A");
    repo.commit("another file");
    watched.until("no warning", || warnings(&watched).is_empty());
    assert_ne!(repo.id("moved.txt"), id);
    // A later file at the old path is another one.
    repo.commit_file("notes.txt", text("new notes"));
    fs::remove_file(repo.path().join("notes.txt")).expect("removed");
    checked(&watched);
    assert!(warnings(&watched).is_empty(), "{:#}", watched.status());
}
