//! Keys of another program that repeat the path: they follow the file, each in the form that it had, and so
//! the program finds its record where it looks first.

use serde_json::{Value, json};

use super::{LEGACY, assert_clean, content, with_file};
use crate::common::{Git, Repo, for_each_git, text};

/// Records as the other program writes them: on Windows, it had the key in lower case.
const FOREIGN: &str = r#"{"schema_version":"1.0","scope":"250101","counters":{},"metadata":{},"allocations":[
{"id":"0110000001250101","file_path":"docs/guide.md","allocated_at":"2025-01-01T10:00:00","status":"active","metadata":{"canonical_path":"docs/guide.md"}},
{"id":"2099900002250101","file_path":"old/App.py","allocated_at":"2025-01-01T10:00:00","status":"active","metadata":{"canonical_path":"old/App.py"}},
{"id":"0110000003250101","file_path":"docs/Gone.md","allocated_at":"2025-01-01T10:00:00","status":"active","metadata":{"canonical_path":"docs/gone.md"}},
{"id":"0110000004250101","file_path":"README.md","allocated_at":"2025-01-01T10:00:00","status":"active","metadata":{"canonical_path":"readme.md"}}
]}
"#;

/// Returns a repository after the first step, with hooks.
fn migrated(git: &Git) -> Repo {
    let repo = with_file(git, LEGACY, FOREIGN);
    repo.mv("src/app.py", "old/App.py");
    repo.commit("names");
    repo.idhooks(["migrate", "run", "--from", LEGACY]).ok().done();
    repo.idhooks(["install", "--quiet"]).ok().done();
    repo
}

/// Returns the value of the key in both files, which is the same.
fn key_of(repo: &Repo, id: &str) -> String {
    let of = |path: &str| -> Value {
        let whole: Value =
            serde_json::from_slice(&content(repo, "HEAD", path).expect("it")).expect("JSON");
        let records = whole["allocations"].as_array().expect("records");
        let own = records.iter().find(|record| record["id"] == id).expect("the record");
        own["metadata"]["canonical_path"].clone()
    };
    let [own, legacy] = [".idhooks/registry.json", LEGACY].map(of);
    assert_eq!(own, legacy);
    own.as_str().expect("text").to_owned()
}

#[test]
fn a_key_that_repeats_the_path_follows_the_file() {
    for_each_git(|git| {
        let repo = with_file(git, LEGACY, FOREIGN);
        repo.run("mv src/app.py src/App.py");
        repo.commit("names");
        let plan = repo.idhooks(["migrate", "plan", "--from", LEGACY]).ok().stdout();
        assert!(plan.contains("'metadata.canonical_path' repeats the path"), "{plan}");
        repo.idhooks(["migrate", "run", "--from", LEGACY]).ok().done();
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        assert!(
            rules.contains("path_keys = { \"metadata.canonical_path\" = \"lower\" }"),
            "{rules}"
        );
        // The first step has found the file of the second record elsewhere.
        assert_eq!(key_of(&repo, "2099900002250101"), "src/App.py");
        assert_eq!(key_of(&repo, "0110000003250101"), "docs/gone.md");
        repo.idhooks(["install", "--quiet"]).ok().done();
        // By git, and by a command; both forms fit one of them.
        repo.run("mv README.md ReadMe-First.md");
        repo.run("mv src/App.py src/Main.py");
        repo.idhooks(["-q", "mv", "docs/guide.md", "docs/Start.md"]).ok().done();
        repo.commit("moved");
        assert_eq!(key_of(&repo, "0110000004250101"), "readme-first.md");
        assert_eq!(key_of(&repo, "2099900002250101"), "src/Main.py");
        assert_eq!(key_of(&repo, "0110000001250101"), "docs/start.md");
        repo.idhooks("check --history").ok().done();
        assert_clean(&repo);
    });
}

#[test]
fn a_key_that_repeats_the_path_follows_it_through_merges_and_clones_without_hooks() {
    for_each_git(|git| {
        let repo = migrated(git);
        let main = repo.ask("symbolic-ref --short HEAD");
        repo.run("switch -q -c side");
        repo.run("mv old/App.py old/Side.py");
        repo.commit("side");
        repo.run(["switch", "-q", main.trim()]);
        repo.run("mv old/App.py old/Main.py");
        repo.commit("main");
        // Git keeps both files of such a conflict; the person keeps one of them.
        repo.try_git("merge -q side").code(1).done();
        repo.run("rm -q --ignore-unmatch --cached old/App.py old/Side.py");
        repo.run("add old/Main.py");
        let whole = repo.ask("status --porcelain");
        assert!(!whole.contains("UU"), "{whole}");
        repo.commit("merged");
        assert_eq!(repo.id("old/Main.py"), "2099900002250101");
        assert_eq!(key_of(&repo, "2099900002250101"), "old/Main.py");
        repo.run("clean -q -f -d");
        repo.run("mv old/Main.py old/Last.py");
        repo.run("commit -q --no-verify -m unhooked");
        repo.stage("more.md", text("more"));
        repo.commit("healed");
        assert_eq!(repo.id("old/Last.py"), "2099900002250101");
        assert_eq!(key_of(&repo, "2099900002250101"), "old/Last.py");
        repo.idhooks("migrate verify").ok().done();
    });
}

#[test]
fn a_key_of_a_path_that_is_refused_is_refused_with_it() {
    for_each_git(|git| {
        let repo = migrated(git);
        // A program that has lost its file numbers two files the other way round.
        let text = String::from_utf8(repo.read(LEGACY)).expect("text");
        let (one, two) = ("docs/guide.md", "README.md");
        let text = text.replace(one, "@").replace(two, one).replace('@', two);
        repo.stage(LEGACY, text.replace("\"readme.md\"", "\"docs/guide.md\""));
        repo.commit("the other way round");
        assert_eq!(repo.record("0110000001250101")["file_path"], one);
        assert_eq!(key_of(&repo, "0110000001250101"), one);
        assert_eq!(key_of(&repo, "0110000004250101"), "readme.md");
        assert_clean(&repo);
    });
}

#[test]
fn a_value_that_another_program_gives_stays() {
    for_each_git(|git| {
        let repo = with_file(git, LEGACY, FOREIGN);
        repo.idhooks(["migrate", "run", "--from", LEGACY]).ok().done();
        repo.idhooks(["install", "--quiet"]).ok().done();
        let mut whole: Value = serde_json::from_slice(&repo.read(LEGACY)).expect("JSON");
        let records = whole["allocations"].as_array_mut().expect("records");
        let own = records.iter_mut().find(|one| one["id"] == "0110000001250101").expect("it");
        own["metadata"]["canonical_path"] = json!("/srv/guide.md");
        repo.stage(LEGACY, whole.to_string());
        repo.run("commit -q -m other");
        repo.run("mv docs/guide.md docs/start.md");
        repo.commit("moved");
        assert_eq!(key_of(&repo, "0110000001250101"), "/srv/guide.md");
    });
}
