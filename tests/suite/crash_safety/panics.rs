//! A panic is reported, chooses the exit code, and leaves no more than a killed process.

use super::stops::{Ended, Stops};
use crate::common::{Repo, for_each_git, text};
use crate::judge;

/// Runs a command that panics at a point.
fn panicked(repo: &Repo, line: &str, point: &str) -> Ended {
    let mut stops = Stops::start(repo, line);
    stops.until(point);
    stops.panic();
    stops.end()
}

#[test]
fn a_panic_has_a_code_of_its_own() {
    for_each_git(|git| {
        for point in ["a temporary file is written", "a copy is kept"] {
            let repo = Repo::adopted(git);
            let ended = panicked(&repo, "idhooks deprecate --reason test notes.txt", point);
            assert_eq!(ended.code, Some(3), "{}", ended.stderr);
            let start = format!("error: idhooks failed unexpectedly: {point} (crates/");
            assert!(ended.stderr.starts_with(&start), "{}", ended.stderr);
            assert!(ended.stderr.contains("\nhint: this is a bug"), "{}", ended.stderr);
            assert_eq!(ended.stderr.lines().count(), 2, "{}", ended.stderr);
            repo.idhooks("deprecate --reason test notes.txt").done();
            repo.run("add -A");
            repo.commit("deprecated");
            judge::assert_good(&repo);
        }
    });
}

#[test]
fn a_commit_is_blocked_and_can_be_made_again() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage("new.md", text("new"));
        let ended = panicked(&repo, "commit -q -m new", "a temporary file is written");
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.starts_with("error: idhooks failed unexpectedly: "));
        repo.commit("new");
        judge::assert_good(&repo);
    });
}

#[test]
fn after_git_is_done_it_is_a_warning() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("switch -q -c side");
        repo.commit_file("docs/side.md", text("side"));
        repo.run("switch -q main");
        repo.commit_file("docs/main.md", text("main"));
        repo.run("config merge.idhooks.driver true");
        let ended = panicked(&repo, "merge -q --no-edit side", "a copy is kept");
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stderr.contains("warning: idhooks: a copy is kept ("), "{}", ended.stderr);
    });
}

#[test]
fn the_merge_driver_leaves_a_conflict() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let version = String::from_utf8(repo.read(".idhooks/registry.json")).expect("text");
        repo.write("base", &version);
        repo.write("ours", version.replacen("notes.txt", "ours.txt", 9));
        repo.write("theirs", version.replacen("notes.txt", "theirs.txt", 9));
        let line = "idhooks merge-driver base ours theirs 7 .idhooks/registry.json";
        let ended = panicked(&repo, line, "a temporary file is written");
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains("internal error: a temporary file is written"));
        assert!(String::from_utf8_lossy(&repo.read("ours")).contains("<<<<<<< "));
    });
}
