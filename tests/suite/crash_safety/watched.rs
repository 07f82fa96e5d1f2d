//! Other programs that stage or commit what a watcher has written before it is done.

use super::at_once::BEFORE_LOCKING;
use super::stops::Stops;
use super::taken_up::IN_PLACE;
use crate::common::{Repo, for_each_git, on_adopted, text};
use crate::judge;

#[test]
fn an_addition_of_what_a_watcher_has_written() {
    on_adopted(|repo| {
        let act = |repo: &Repo| {
            repo.idhooks_with("watch work", STAGE.as_bytes()).ok().done();
        };
        repo.stage("docs/new.md", text("new"));
        for is_locked in [false, true] {
            let mut stops = Stops::start_with(repo, "idhooks watch work", STAGE);
            stops.until(BEFORE_LOCKING);
            match is_locked {
                // Git has read the new registry, and has it in the index before the watcher does.
                false => repo.run("add -A"),
                // Someone else may read it for longer than the watcher waits.
                true => repo.write(".git/index.lock", ""),
            }
            stops.go_on();
            assert_eq!(stops.end().code, Some(0));
            if is_locked {
                repo.remove(".git/index.lock");
                // The next cycle stages what only the working tree has.
                act(repo);
            }
            judge::assert_status(repo, "M  .idhooks/registry.json\nA  docs/new.md\n");
            repo.run("reset -q --hard");
            repo.stage("docs/new.md", text("new"));
        }
        act(repo);
        repo.commit("new");
        judge::assert_good(repo);
    });
}

/// Someone commits the change and checks out another branch before idhooks continues.
#[test]
fn a_commit_of_what_was_just_staged() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        repo.configure("[watch]\nmin_age = \"0\"\non_change = \"stage\"\n");
        repo.idhooks("watch run --once").ok().done();
        let id = repo.id("notes.txt");
        let lines = ["idhooks watch run --once --live", "idhooks mv notes.txt docs/moved.txt"];
        for (number, line) in lines.into_iter().enumerate() {
            if number == 0 {
                let [from, to] = ["notes.txt", "docs/moved.txt"].map(|path| repo.path().join(path));
                std::fs::rename(from, to).expect("renamed");
            }
            let mut stops = Stops::start(repo, line);
            stops.until(IN_PLACE);
            repo.run("commit -q --no-verify -m moved");
            repo.run("checkout -q -b other HEAD~1");
            stops.go_on();
            let ended = stops.end();
            assert_eq!(ended.code, Some(0), "{line}: {}", ended.stderr);
            judge::assert_status(repo, "");
            assert!(repo.exists("notes.txt") && !repo.exists("docs/moved.txt"), "{line}");
            repo.run("checkout -q main");
            assert_eq!(repo.id("docs/moved.txt"), id);
            judge::assert_good(repo);
            repo.run("reset -q --hard other");
            repo.run("branch -q -D other");
            repo.idhooks("watch run --once").ok().done();
        }
    });
}

/// What a watcher lets a process of its own do.
const STAGE: &str = r#"{"moves":[],"stages":9,"generates_without":null,"checks":false}"#;
