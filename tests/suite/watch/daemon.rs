//! The watcher in the background: one for each working tree, started, stopped, killed.

use std::fs;
use std::process::Command;
use std::time::Instant;

use super::{FAST, Watched, assert_ends, signal};
use crate::common::{Repo, gits, sample_of};

#[test]
fn one_runs_and_a_second_one_says_who() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    // Each waits a second for the other one.
    for line in sample_of(&["watch start", "watch run", "watch --daemon", "queue run --once"]) {
        let output = repo.idhooks(*line).code(2);
        output.explains("is watched already, by 'idhooks watch' (process ").done();
    }
    let begin = Instant::now();
    repo.idhooks("watch stop").ok().done();
    assert!(begin.elapsed() < super::LIMIT, "{:?}", begin.elapsed());
    repo.idhooks("watch status").code(1).done();
    repo.idhooks("watch stop").ok().complains("no watcher is running").done();
    // The names of an earlier tool.
    let above = repo.below("docs");
    above.idhooks("watch --watch-dir .. --debounce 1 --daemon").ok().done();
    watched.until("it is active", || watched.status()["state"] == "active");
    repo.idhooks("watch restart").ok().done();
    watched.until("it is active", || watched.status()["state"] == "active");
    for name in ["TERM", "INT"] {
        signal(&watched, name);
        watched.until("it has ended", || watched.status()["state"] == "stopped");
        watched.start();
    }
    // Another working tree has a watcher of its own.
    repo.run("worktree add -q ../linked");
    let linked = Watched(repo.beside("linked"));
    linked.start();
    assert_ne!(linked.status()["pid"], watched.status()["pid"]);
    linked.0.write("new.md", "x\n");
    linked.until("its change", || !linked.0.idhooks("queue list").stdout().is_empty());
}

#[test]
fn what_changed_while_none_ran_is_found() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    let mut before = watched.settled();
    repo.write("kept.md", "kept\n");
    watched.expect(before, &["FILE_ADDED kept.md"]);
    for (round, is_killed) in [true, false].into_iter().enumerate() {
        if is_killed {
            signal(&watched, "KILL");
        } else {
            repo.idhooks("watch stop").ok().done();
        }
        let state = if is_killed { "died" } else { "stopped" };
        watched.until("it has ended", || watched.status()["state"] == state);
        before = watched.actions().len();
        let moved = format!("moved{round}.md");
        let from = if round == 0 { "kept.md" } else { "moved0.md" };
        fs::rename(repo.path().join(from), repo.path().join(&moved)).expect("renamed");
        repo.append("docs/intro.md", "more\n");
        repo.write(format!("new{round}.md"), "new\n");
        watched.start();
        let [moved, new] =
            [format!("FILE_MOVED {from} -> {moved}"), format!("FILE_ADDED new{round}.md")];
        watched.expect(before, &[&moved, &new, "FILE_MODIFIED docs/intro.md"]);
    }
    // Without the queue, the index says what has changed.
    repo.idhooks("watch stop").ok().done();
    fs::remove_file(repo.path().join(".git/idhooks/queue.db")).expect("removed");
    before = watched.actions().len();
    watched.start();
    let untracked = ["FILE_ADDED moved1.md", "FILE_ADDED new0.md", "FILE_ADDED new1.md"];
    watched.expect(before, &[&untracked[..], &["FILE_MODIFIED docs/intro.md"]].concat());
    assert!(watched.status()["down_millis"].as_u64().expect("a number") < 60_000);
}

#[test]
fn a_pause_misses_nothing() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    let before = watched.settled();
    repo.idhooks("watch pause").ok().done();
    watched.until("it pauses", || watched.status()["state"] == "paused");
    repo.write("paused.md", "x\n");
    // A pause outlives a restart.
    repo.idhooks("watch restart").ok().done();
    watched.until("it pauses", || watched.status()["state"] == "paused");
    assert_eq!(watched.actions().len(), before);
    repo.idhooks("watch resume").ok().done();
    watched.expect(before, &["FILE_ADDED paused.md"]);
}

#[test]
fn rules_are_read_again_and_wrong_ones_are_refused() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    let mut before = watched.settled();
    let rules = String::from_utf8(repo.read("idhooks.toml")).expect("UTF-8");
    repo.write("idhooks.toml", format!("track.exclude = [\"out/\"]\n{rules}"));
    watched.expect(before, &["FILE_MODIFIED idhooks.toml"]);
    before += 1;
    repo.write("out/a.md", "x\n");
    repo.write("in.md", "x\n");
    watched.expect(before, &["FILE_ADDED in.md"]);
    before += 1;
    repo.write("idhooks.toml", "[watch]\ndebonce = \"1s\"\n");
    watched.expect(before, &["FILE_MODIFIED idhooks.toml"]);
    let problem = || watched.status()["last_error"].as_str().unwrap_or_default().to_owned();
    watched.until("a problem", || problem().contains("unknown key 'debonce'"));
    signal(&watched, "HUP");
    repo.idhooks("watch stop").ok().done();
    repo.idhooks("watch start").code(2).explains("unknown key 'debonce' in [watch]").done();
    repo.write("idhooks.toml", rules);
}

#[test]
fn findings_are_those_of_the_check() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    watched.until("a check", || watched.status()["last_success_at"].is_string());
    assert_eq!(watched.status()["findings"], serde_json::json!([]));
    repo.append(".idhooks/registry.json", " ");
    repo.run("add .idhooks");
    watched.until("a finding", || watched.status()["findings"] != serde_json::json!([]));
    let check = repo.idhooks("check --format json").json();
    watched.until("the same", || watched.status()["findings"] == check["findings"]);
    // People see them, too.
    let line = |finding: &serde_json::Value| {
        let text = |key: &str| finding[key].as_str().expect("a text");
        let head = format!("{} {}: {}", text("severity"), text("code"), text("message"));
        format!("{head}\n  help: {}\n", text("help"))
    };
    let lines: String = check["findings"].as_array().expect("a list").iter().map(line).collect();
    let status = repo.idhooks("watch status").ok().stdout();
    assert!(!lines.is_empty() && status.ends_with(&lines), "{status}\n{lines}");
    repo.run("checkout -q HEAD -- .idhooks");
    watched.until("none", || watched.status()["findings"] == serde_json::json!([]));
}

#[test]
fn once_processes_what_has_changed_and_ends() {
    let repo = Repo::adopted(&gits()[0]);
    repo.configure(FAST);
    repo.append("notes.txt", "more\n");
    let output = repo.idhooks("watch run --once").ok();
    assert_eq!(output.stdout(), "FILE_MODIFIED notes.txt\n");
    assert_eq!(repo.idhooks("watch run --once").ok().stdout(), "");
    // Its errors are those of the check.
    let registry = String::from_utf8(repo.read(".idhooks/registry.json")).expect("UTF-8");
    repo.write(".idhooks/registry.json", registry.replace("notes.txt", "none.txt"));
    repo.run("add .idhooks");
    let output = repo.idhooks("watch run --once").code(1);
    assert!(output.stdout().contains("error "), "{}", output.stdout());
}

#[test]
fn times_that_are_none_are_refused() {
    let repo = Repo::adopted(&gits()[0]);
    for time in ["+5s", "1 s", "5w", "1.5s", ""] {
        for line in
            [["watch", "run", "--debounce", time], ["queue", "clear", "--completed-before", time]]
        {
            repo.idhooks(line).code(2).complains("not a time such as 500ms, 30s").done();
        }
    }
}

#[test]
fn nothing_but_its_own_state_is_written() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    let before = watched.settled();
    let state = || {
        let mut files = vec![repo.read(".git/index"), repo.read(".idhooks/registry.json")];
        let list = repo.sh(
            "find . -path ./.git/idhooks -prune -o -type f -print0 | sort -z | xargs -0 sha256sum",
        );
        files.push(list.ok().stdout().into_bytes());
        files
    };
    repo.write("new.md", "x\n");
    fs::rename(repo.path().join("notes.txt"), repo.path().join("renamed.txt")).expect("renamed");
    let then = state();
    watched.expect(before, &["FILE_ADDED new.md", "FILE_MOVED notes.txt -> renamed.txt"]);
    watched.settled();
    assert!(then == state(), "something has changed");
}

#[test]
fn a_repository_that_is_gone_ends_it() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    let process = watched.status()["pid"].as_u64().expect("a process");
    let moved = repo.beside("moved");
    fs::rename(repo.path(), moved.path()).expect("renamed");
    assert_ends(process);
    // It can be watched at its new place.
    let moved = Watched(moved);
    moved.start();
    // Another repository at the same path is not its own.
    let process = moved.status()["pid"].as_u64().expect("a process");
    let repo = &moved.0;
    repo.sh("cp -R ../moved ../copy && mv ../moved ../away && mv ../copy ../moved").ok().done();
    assert_ends(process);
}

#[test]
fn a_start_waits_for_a_watcher_that_is_ending() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    let process = watched.status()["pid"].as_u64().expect("a process");
    signal(&watched, "KILL");
    assert_ends(process);
    repo.idhooks("watch start").ok().done();
    repo.idhooks("watch stop").ok().done();
    // As a process whose memory takes a while to be freed.
    let held = repo.root().join("held");
    let script = format!("touch '{}'; sleep 0.2", held.display());
    let mut flock = Command::new("flock");
    let line = flock.arg(repo.path().join(".git/idhooks/watch/lock")).args(["sh", "-c", &script]);
    let mut holder = line.spawn().expect("flock runs");
    while !held.exists() {
        assert!(holder.try_wait().expect("a child").is_none(), "it has ended");
        std::thread::yield_now();
    }
    repo.idhooks("watch start").ok().done();
    assert!(holder.wait().expect("a child").success());
}

#[test]
fn a_problem_has_a_time_and_goes_when_it_works_again() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    let before = watched.settled();
    let rules = String::from_utf8(repo.read("idhooks.toml")).expect("UTF-8");
    repo.write("idhooks.toml", "[watch]\ndebonce = \"1s\"\n");
    watched.expect(before, &["FILE_MODIFIED idhooks.toml"]);
    watched.until("a problem", || watched.status()["last_error"].is_string());
    let status = watched.status();
    assert!(status["last_error_at"].as_str() > status["started_at"].as_str(), "{status:#}");
    let text = repo.idhooks("watch status").ok().stdout();
    let line = text.lines().find(|line| line.starts_with("last problem")).expect("a line");
    assert!(
        line.contains(&format!("{}: the rules", status["last_error_at"].as_str().expect("a time"))),
        "{line}"
    );
    repo.write("idhooks.toml", rules);
    watched.until("none", || watched.status()["last_error"].is_null());
    let status = watched.status();
    assert_eq!(
        (&status["last_error_at"], status["errors"].as_u64() > Some(0)),
        (&serde_json::Value::Null, true)
    );
    // It stays on the screen.
    let text = repo.idhooks("watch status").ok().stdout();
    let solved = text.lines().find(|line| line.starts_with("last problem")).expect("a line");
    assert_eq!(solved, format!("{line} (solved)"));
}
