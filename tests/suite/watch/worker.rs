//! The process that works for a watcher is killed, panics or hangs during an item: the item becomes a dead
//! letter, and the watcher goes on.

use std::fs;
use std::time::{Duration, Instant};

use super::{FAST, LIMIT};
use crate::common::{Repo, gits, sample_of};
use crate::crash_safety::{Stops, Victim};

fn rename(repo: &Repo, from: &str, to: &str) {
    fs::rename(repo.path().join(from), repo.path().join(to)).expect("renamed");
}

fn dead_letters(repo: &Repo) -> String {
    repo.idhooks("queue list --status dead_letter").stdout()
}

/// Lets a watcher go on, and all that work for it, until a condition holds.
fn go_on_until(stops: &mut Stops, what: &str, holds: impl Fn() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < LIMIT, "not in time: {what}");
        assert!(stops.next().is_some(), "the watcher has ended: {what}");
        stops.go_on();
    }
}

#[test]
fn an_item_whose_worker_ends_becomes_a_dead_letter_and_the_watcher_goes_on() {
    for &end in sample_of(&["kill", "panic", "hang"]) {
        let repo = Repo::adopted(&gits()[0]);
        repo.configure(&format!("{FAST}on_change = \"stage\"\n"));
        repo.idhooks("watch run --once").ok().done();
        repo.run("config idhooks.watchTimeout 1000");
        let id = repo.id("notes.txt");
        rename(&repo, "notes.txt", "moved.txt");
        let mut stops = Stops::start(&repo, "idhooks watch run --live");
        let first = stops.next().expect("the watcher starts");
        stops.go_on();
        let begin = Instant::now();
        let mut ended = 0;
        while dead_letters(&repo).is_empty() {
            assert!(begin.elapsed() < LIMIT, "{end}: no dead letter");
            let stop = stops.next().expect("the watcher goes on");
            ended += usize::from(stop.process != first.process);
            match end {
                _ if stop.process == first.process => stops.go_on(),
                "kill" => stops.kill(&stop, Victim::Idhooks),
                "panic" => stops.panic(),
                _ => {}
            }
        }
        assert!(ended >= 3, "{end}: an item has three attempts, and {ended} workers have ended");
        let dead = dead_letters(&repo);
        assert!(dead.contains("notes.txt -> moved.txt"), "{end}: {dead}");
        let actions = || {
            fs::read_to_string(repo.path().join(".git/idhooks/watch/actions.jsonl"))
                .unwrap_or_default()
        };
        repo.write("later.md", "x\n");
        go_on_until(&mut stops, "another file", || actions().contains("\"later.md\""));
        repo.idhooks("queue retry --all-dead").ok().done();
        let is_done =
            |line: &str| line.contains("\"moved.txt\"") && line.contains("\"error\":null");
        go_on_until(&mut stops, "the index follows", || actions().lines().any(is_done));
        drop(stops);
        assert_eq!(repo.ask("ls-files moved.txt notes.txt"), "moved.txt");
        repo.commit("moved");
        assert_eq!(repo.id("moved.txt"), id, "{end}");
    }
}

#[test]
fn a_move_that_is_a_dead_letter_is_still_a_move_when_it_is_tried_again() {
    let repo = Repo::adopted(&gits()[0]);
    repo.configure(&format!("{FAST}on_change = \"stage\"\n"));
    let run = || repo.idhooks("watch run --once --live");
    run().ok().done();
    let (id, registry) = (repo.id("notes.txt"), repo.registry("HEAD"));
    // The index cannot follow a move without a registry.
    repo.write(".idhooks/registry.json", "{");
    repo.run("add .idhooks");
    rename(&repo, "notes.txt", "moved.txt");
    let begin = Instant::now();
    while dead_letters(&repo).is_empty() {
        assert!(begin.elapsed() < LIMIT, "no dead letter");
        run().code(1).done();
        std::thread::sleep(Duration::from_millis(200));
    }
    // All files are compared once more: the old path is gone.
    run().code(1).done();
    repo.write(".idhooks/registry.json", registry);
    repo.run("add .idhooks");
    repo.idhooks("queue retry --all-dead").ok().done();
    let said = run().ok().stdout();
    assert!(said.contains("FILE_MOVED notes.txt -> moved.txt"), "{said}");
    assert_eq!(repo.ask("ls-files moved.txt notes.txt"), "moved.txt");
    repo.commit("moved");
    assert_eq!(repo.id("moved.txt"), id);
}
