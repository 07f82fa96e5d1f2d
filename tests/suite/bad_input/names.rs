//! Hostile file names.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::common::{Repo, on_adopted, text};
use crate::judge::View;

fn hostile() -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = [
        " leading and trailing ",
        "it's",
        "\"quoted\"",
        "back\\slash",
        "line\nbreak",
        "tab\there",
        "return\rhere",
        "bell\u{7}escape\u{1b}[31m",
        "-rf",
        "--",
        "#comment",
        "!bang",
        ":(exclude)magic",
        "*",
        "[a-z]?",
        "$(touch pwned)`touch pwned`",
        "%O%A%B",
        "nul",
        "a{b,c}",
        "emoji 🎉 and é e\u{301}",
        "right\u{202e}left",
        "Case",
        "case",
        "CASE",
        "null",
        "...",
        ".hidden",
        "<<<<<<< HEAD",
    ]
    .map(|name| name.as_bytes().to_vec())
    .to_vec();
    names.push(vec![b'x'; 255]);
    names.push(b"latin1-\xe9.txt".to_vec());
    names.push(b"\xff\xfe".to_vec());
    names.push(b"\xff\xfd".to_vec());
    names
}

fn below(dir: &str, name: &[u8]) -> OsString {
    OsString::from_vec([dir.as_bytes(), name].concat())
}

fn write_all(repo: &Repo, dir: &str) {
    for name in hostile() {
        let seed = name.escape_ascii().to_string();
        repo.write(below(dir, &name), text(&seed));
    }
}

/// Returns the identities of the hostile files below a directory, in their order.
fn ids(repo: &Repo, rev: &str, dir: &str) -> Vec<String> {
    let ids = View::of(repo, rev).ids();
    let id = |name: &Vec<u8>| ids.get(below(dir, name).as_bytes()).cloned().unwrap_or_default();
    hostile().iter().map(id).collect()
}

#[test]
fn added_edited_moved_and_retired() {
    on_adopted(|repo| {
        write_all(repo, "");
        write_all(repo, "deep/er/");
        repo.run("add -A");
        repo.commit("add");
        let (top, deep) = (ids(repo, "HEAD", ""), ids(repo, "HEAD", "deep/er/"));
        assert!(top.iter().chain(&deep).all(|id| id.len() == 16));
        repo.run("mv deep shallow");
        repo.commit("move");
        assert_eq!(ids(repo, "HEAD", "shallow/er/"), deep);
        for name in hostile() {
            repo.write(below("", &name), text("edited"));
        }
        repo.run("rm -q -r -f shallow");
        repo.run("commit -q -a -m retire");
        assert_eq!(ids(repo, "HEAD", ""), top);
        assert!(!repo.exists("pwned"));
        // Names that are one on macOS: in another case, or composed of other characters.
        assert_eq!(repo.findings(""), ["DUPLICATE_PATH"; 2]);
    });
}

#[test]
fn each_in_a_partial_commit() {
    on_adopted(|repo| {
        for name in hostile() {
            repo.stage(below("new/", &name), text(&name.escape_ascii().to_string()));
        }
        for name in hostile() {
            let path = below("new/", &name);
            let options = ["--literal-pathspecs", "commit", "-q", "-m", "partial", "--"];
            repo.run(options.map(OsString::from).into_iter().chain([path]).collect::<Vec<_>>());
        }
        assert!(ids(repo, "HEAD", "new/").iter().all(|id| id.len() == 16));
    });
}

#[test]
fn on_two_branches_that_merge() {
    on_adopted(|repo| {
        write_all(repo, "deep/");
        repo.run("add -A");
        repo.commit("add");
        let before = ids(repo, "HEAD", "deep/");
        repo.run("checkout -q -b side");
        repo.run("mv deep moved");
        repo.commit("move");
        repo.run("checkout -q main");
        write_all(repo, "other/");
        repo.run("add -A");
        repo.commit("add others");
        repo.run("merge -q --no-edit side");
        assert_eq!(ids(repo, "HEAD", "moved/"), before);
    });
}

#[test]
fn adopted_and_listed() {
    crate::common::for_each_git(|git| {
        let repo = Repo::empty(git);
        write_all(&repo, "");
        repo.run("add -A");
        let repo = repo.adopt("");
        crate::judge::assert_good(&repo);
        let list = repo.idhooks("list --format json --status active").ok().json();
        let records = list["allocations"].as_array().expect("allocations are a list");
        assert_eq!(records.len(), hostile().len() + 7);
        let text = repo.idhooks("list").ok().stdout();
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
        assert!(text.lines().count() >= records.len());
    });
}

#[test]
fn the_bytes_of_a_name_are_kept() {
    on_adopted(|repo| {
        repo.write(OsStr::from_bytes(b"latin1-\xe9.txt"), text("latin"));
        repo.run("add -A");
        repo.commit("latin");
        let list = repo.idhooks("list --format json").ok().json();
        let records = list["allocations"].as_array().expect("allocations are a list");
        let record = records.iter().find(|r| r["metadata"]["path_hex"].is_string());
        let record = record.expect("one path is not UTF-8");
        assert_eq!(record["file_path"], "latin1-\u{fffd}.txt");
        assert_eq!(record["metadata"]["path_hex"], "6c6174696e312de92e747874");
    });
}

#[test]
fn renamed_in_case_only() {
    on_adopted(|repo| {
        let id = repo.id("README.md");
        repo.mv("README.md", "Readme.md");
        repo.commit("case");
        assert_eq!(repo.id("Readme.md"), id);
    });
}
