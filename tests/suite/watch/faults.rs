//! What goes wrong around a watcher: it goes on, or says why not; and git never fails because of it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;

use super::{FAST, LIMIT, Watched};
use crate::common::{Repo, gits, is_long, skip};

#[test]
fn git_never_fails_because_of_a_watcher() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    for round in 0..6 {
        repo.run(["checkout", "-q", "-b", &format!("topic{round}")]);
        for commit in 0..4 {
            for file in 0..20 {
                repo.write(format!("storm/{round}/{commit}/{file}.md"), format!("{round}{file}\n"));
            }
            repo.run("add -A");
            repo.run("status --porcelain");
            repo.commit("files");
        }
        repo.run("checkout -q main");
        repo.commit_file(&format!("main{round}.md"), "x\n");
        repo.run(["rebase", "-q", "main", &format!("topic{round}")]);
        repo.run("checkout -q main");
        repo.run(["merge", "-q", "--no-edit", &format!("topic{round}")]);
        assert!(!repo.exists(".git/index.lock"));
    }
    watched.settled();
    assert_eq!(watched.status()["errors"], 0, "{:#}", watched.status());
    crate::judge::assert_all_consistent(repo);
    // It has followed: nothing is left.
    repo.idhooks("watch stop").ok().done();
    assert_eq!(repo.idhooks("watch run --once").ok().stdout(), "");
}

#[test]
fn without_watches_it_polls_and_says_so() {
    let repo = Repo::adopted(&gits()[0]);
    repo.configure(FAST);
    let limited = "echo 2 > /proc/sys/user/max_inotify_watches";
    let can_limit = Command::new("unshare").args(["-Ur", "sh", "-c", limited]).output();
    if !can_limit.is_ok_and(|output| output.status.success()) {
        skip("unshare cannot limit the watches here");
        return;
    }
    let program = PathBuf::from(crate::common::binary());
    let script = format!("{limited} && exec '{}' watch run", program.display());
    let mut child = Command::new("unshare")
        .args(["-Ur", "sh", "-c", &script])
        .current_dir(repo.path())
        .env("PATH", repo.search_path())
        .env("HOME", repo.root().join("home"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("unshare runs");
    let watched = Watched(repo.clone());
    watched.until("it polls", || watched.status()["mode"] == "polling");
    let why = watched.status()["polling_because"].as_str().unwrap_or_default().to_owned();
    assert!(why.contains("fs.inotify.max_user_watches"), "{why}");
    let before = watched.settled();
    repo.write("polled.md", "x\n");
    watched.expect(before, &["FILE_ADDED polled.md"]);
    let doctor = repo.idhooks("doctor").stdout();
    assert!(doctor.contains("fs.inotify.max_user_watches"), "{doctor}");
    repo.idhooks("watch stop").ok().done();
    assert!(child.wait().expect("a child").success());
}

#[test]
fn a_queue_that_was_damaged_without_a_watcher_does_not_block_the_next_start() {
    let repo = Repo::adopted(&gits()[0]);
    let queue = repo.path().join(".git/idhooks/queue.db");
    repo.write("new.md", "x\n");
    repo.idhooks("watch run --once").ok().done();
    let whole = fs::read(&queue).expect("there");
    let middle = whole.len() / 2;
    let zeros = [&whole[..4_096], &vec![0; whole.len() - 4_096]].concat();
    let damaged =
        [b"no database".repeat(1_000), whole[..middle].to_vec(), zeros, vec![0; whole.len()]];
    for bytes in damaged {
        fs::write(&queue, &bytes).expect("writable");
        let aside = queue.with_extension("db.damaged");
        let _ = fs::remove_file(&aside);
        repo.idhooks("watch run --once").ok().complains("was damaged or removed").done();
        assert_eq!(fs::read(aside).expect("set aside"), bytes);
        assert!(repo.idhooks("queue list").ok().stdout().contains("new.md"));
    }
    fs::write(&queue, "no database").expect("writable");
    repo.idhooks("watch start").ok().done();
    // One that has ended has begun.
    repo.idhooks("watch stop").ok().done();
    let errors = repo.path().join(".git/idhooks/watch/errors.jsonl");
    let errors = fs::read_to_string(errors).expect("a log");
    assert_eq!(errors.matches("was damaged or removed").count(), 5);
    repo.idhooks("queue list").ok().done();
}

#[test]
fn a_storm_of_files_is_followed_with_little_memory() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    watched.settled();
    // Not the log, which is rotated before it has all of them.
    let processed = || watched.status()["processed_total"].as_u64().expect("a number") as usize;
    let before = processed();
    let files = if is_long() { 100_000 } else { 1_000 };
    repo.run("checkout -q -b storm");
    for number in 0..files {
        let path = repo.path().join(format!("storm/{}/{number}.md", number % 97));
        if number < 97 {
            fs::create_dir_all(path.parent().expect("a directory")).expect("made");
        }
        fs::write(path, number.to_string()).expect("writable");
    }
    repo.run("add -A");
    repo.run("commit -q -m storm");
    let settled = |expected: usize| {
        let begin = Instant::now();
        while processed() < expected {
            assert!(begin.elapsed() < 10 * LIMIT, "{:#}", watched.status());
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        watched.settled();
        processed()
    };
    assert_eq!(settled(before + files), before + files);
    repo.run("checkout -q main");
    // Git has written the registry, too.
    let all = before + 2 * files + 1;
    assert_eq!(settled(all), all);
    let process = watched.status()["pid"].as_u64().expect("a process");
    assert!(peak(process) < 200 << 10, "{} KiB", peak(process));
    let errors: Value = watched.status()["errors"].clone();
    assert_eq!(errors, 0, "{:#}", watched.status());
}

/// Returns the most memory that a process has used, in KiB.
fn peak(process: u64) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
fn a_queue_that_is_damaged_meanwhile_begins_anew() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    let queue = repo.path().join(".git/idhooks/queue.db");
    let aside = queue.with_extension("db.damaged");
    let has = |line: &str| watched.actions().iter().any(|action| action == line);
    let errors = || {
        fs::read_to_string(repo.path().join(".git/idhooks/watch/errors.jsonl")).unwrap_or_default()
    };
    repo.write("first.md", "x\n");
    watched.until("an item", || has("FILE_ADDED first.md"));
    watched.settled();
    // It notices by itself after some seconds, and at once if it has to use the queue.
    let is_used = !is_long();
    fs::write(&queue, "no database".repeat(1_000)).expect("writable");
    if is_used {
        repo.write("used.md", "x\n");
    }
    let reports = || errors().matches("was damaged or removed").count();
    watched.until("a report", || reports() == 1);
    watched.until("a queue", || repo.idhooks("queue status").succeeded());
    assert!(fs::read(&aside).expect("set aside").starts_with(b"no database"));
    repo.write("second.md", "x\n");
    watched.until("an item", || has("FILE_ADDED second.md"));
    watched.until("no problem is left", || watched.status()["last_error"].is_null());
    // What readers see of it is the log, too.
    watched.settled();
    let log = queue.with_file_name("queue.db-wal");
    let length = fs::metadata(&log).expect("a log").len();
    assert!(length > 0);
    fs::write(&log, vec![0xa5; usize::try_from(length).expect("a length")]).expect("writable");
    if is_used {
        repo.write("again.md", "x\n");
    }
    watched.until("another report", || reports() > 1);
    watched.until("a queue", || repo.idhooks("queue list").succeeded());
    watched.until("no problem is left", || watched.status()["last_error"].is_null());
    // It is removed while the watcher uses it.
    let before = reports();
    for name in ["queue.db", "queue.db-wal", "queue.db-shm"] {
        let _ = fs::remove_file(queue.with_file_name(name));
    }
    watched.until("another report", || reports() > before);
    repo.write("third.md", "x\n");
    watched.until("an item", || has("FILE_ADDED third.md"));
    watched.until("all are there", || {
        let list = repo.idhooks("queue list").ok().stdout();
        ["first.md", "second.md", "third.md"].iter().all(|path| list.contains(path))
    });
    // What is known is known again.
    repo.idhooks("watch stop").ok().done();
    assert_eq!(repo.idhooks("watch run --once").ok().stdout(), "");
}
