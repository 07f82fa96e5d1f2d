//! A watcher that is killed again and again while everything changes. `IDHOOKS_TEST_SOAK` sets the
//! seconds, `IDHOOKS_SEED` the changes.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use super::{FAST, Watched};
use crate::common::{Dice, Repo, is_long, number};

/// How many files there are at most.
const FILES: usize = 40;

/// One random change of the working tree.
fn change(watched: &Watched, dice: &mut Dice, round: usize) {
    let repo = &watched.0;
    let mut pick = || format!("soak/{}/{}.md", dice.roll(4), dice.roll(FILES / 4));
    let (one, other) = (pick(), pick());
    match dice.roll(14) {
        0..=4 => repo.write(&one, format!("{round}\n")),
        5 | 6 if repo.exists(&one) => repo.remove(&one),
        7 | 8 if repo.exists(&one) && !repo.exists(&other) => {
            let [from, to] = [&one, &other].map(|path| repo.path().join(path));
            fs::create_dir_all(to.parent().expect("a directory")).expect("made");
            fs::rename(from, to).expect("renamed");
        }
        9 => {
            repo.run("add -A");
            repo.try_git(["commit", "-q", "-m", "soak"]).done();
        }
        10 => {
            repo.run("add -A");
            repo.try_git(["commit", "-q", "-m", "soak"]).done();
            repo.run("checkout -q HEAD~1");
            repo.run("checkout -q main");
        }
        11 => {
            repo.write(&one, format!("{round}\n"));
            repo.run("stash -q -u");
            repo.run("stash pop -q");
        }
        12 => rebase(repo, round),
        13 => {
            let dir = repo.path().join(format!("soak/{}", dice.roll(4)));
            let _ = fs::remove_dir_all(dir);
        }
        _ => {}
    }
}

/// Rebases a branch onto another one; both have grown.
fn rebase(repo: &Repo, round: usize) {
    repo.run("add -A");
    repo.try_git(["commit", "-q", "-m", "soak"]).done();
    repo.run("checkout -q -B topic");
    repo.commit_file(&format!("topic/{round}.md"), format!("topic {round}\n"));
    repo.run("checkout -q main");
    repo.commit_file(&format!("main/{round}.md"), format!("main {round}\n"));
    repo.run("rebase -q main topic");
    repo.run("checkout -q main");
    repo.run("merge -q --ff-only topic");
}

/// Checks that each action fits those before it: nothing is done twice, and nothing is left out.
fn check(actions: &[String], is_there: &mut BTreeMap<String, bool>) {
    for action in actions {
        let (event, path) = action.split_once(' ').expect("an event and a path");
        let mut expect = |path: &str, before: bool, after: bool| {
            let was = is_there.insert(path.to_owned(), after);
            assert!(was.is_none_or(|was| was == before), "{action} in {actions:#?}");
        };
        match (event, path.split_once(" -> ")) {
            ("FILE_ADDED", None) => expect(path, false, true),
            ("FILE_MODIFIED", None) => expect(path, true, true),
            ("FILE_DELETED", None) => expect(path, true, false),
            ("FILE_MOVED", Some((from, to))) => {
                expect(from, true, false);
                expect(to, false, true);
            }
            _ => unreachable!("{action}"),
        }
    }
}

fn memory(watched: &Watched) -> u64 {
    let process = watched.status()["pid"].as_u64().expect("a process");
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
fn nothing_is_lost_and_nothing_done_twice() {
    let seconds = number("IDHOOKS_TEST_SOAK").unwrap_or(if is_long() { 600 } else { 3 });
    let mut dice = Dice::new(number("IDHOOKS_SEED").unwrap_or(1));
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    repo.write("soak/0/0.md", "x\n");
    repo.run("add -A");
    repo.commit("begin");
    let begin = Instant::now();
    let (mut seen, mut is_there, mut memories) = (watched.settled(), BTreeMap::new(), Vec::new());
    let mut round = 0;
    while begin.elapsed() < Duration::from_secs(seconds) {
        for _ in 0..dice.roll(60) {
            round += 1;
            change(&watched, &mut dice, round);
        }
        let is_killed = dice.roll(3) == 0;
        if is_killed {
            let process = watched.status()["pid"].as_u64().expect("a process").to_string();
            assert!(
                Command::new("kill").args(["-KILL", &process]).status().expect("kill").success()
            );
            watched.until("it is dead", || watched.status()["state"] == "died");
            // The last lines of the log may be missing.
            is_there.clear();
            seen = watched.actions().len();
            watched.start();
        }
        if dice.roll(2) == 0 {
            watched.settled();
            let actions = watched.actions();
            check(&actions[seen..], &mut is_there);
            seen = actions.len();
            memories.push(memory(&watched));
        }
    }
    // On a busy machine the watcher may not have been told of the last changes; it is told in order.
    repo.write("soak/last.md", "last\n");
    watched.until("the last change is seen", || {
        watched.actions().iter().any(|action| action.ends_with("soak/last.md"))
    });
    watched.settled();
    check(&watched.actions()[seen..], &mut is_there);
    assert_eq!(watched.status()["queue"]["dead_letter"], 0);
    repo.idhooks("watch stop").ok().done();
    // Everything was seen.
    assert_eq!(repo.idhooks("watch run --once").stdout(), "");
    assert!(memories.iter().all(|memory| *memory < 60 << 10), "{memories:?} KiB");
}
