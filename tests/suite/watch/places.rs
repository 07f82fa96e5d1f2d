//! Where a watcher works: full, read-only and unmounted file systems, and directories that nobody may
//! read. Where this machine lets a test do none of this, nothing is tested.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{FAST, Watched, assert_ends};
use crate::common::{Repo, gits, skip};
use crate::crash_safety::limits::Disk;

fn adopted() -> Repo {
    let repo = Repo::adopted(&gits()[0]);
    repo.configure(FAST);
    repo
}

fn mount(words: &[&str], place: &Path) -> bool {
    let mounted = Command::new("mount").args(words).arg(place).output();
    let is_mounted = mounted.is_ok_and(|answer| answer.status.success());
    if !is_mounted {
        skip("no file system can be mounted here");
    }
    is_mounted
}

fn rename(repo: &Repo, from: &str, to: &str) {
    fs::rename(repo.path().join(from), repo.path().join(to)).expect("renamed");
}

#[test]
fn on_a_full_disk_it_goes_on_and_loses_nothing() {
    let start = adopted();
    let Some(disk) = Disk::new(&start.root().join("disk")) else { return };
    let watched = Watched(start.copy_as("disk/full"));
    let repo = &watched.0;
    // What it says goes to another disk.
    let said = start.root().join("said");
    let mut child = repo
        .line("idhooks watch run")
        .stdout(Stdio::null())
        .stderr(fs::File::create(&said).expect("a file"))
        .spawn()
        .expect("it can be started");
    watched.until("it is active", || watched.status()["state"] == "active");
    let before = watched.settled();
    disk.fill(0);
    rename(repo, "notes.txt", "moved.txt");
    let full = "No space left on device";
    watched.until("it fails", || {
        let text = fs::read_to_string(&said).unwrap_or_default();
        text.lines().any(|line| line.contains("queue.db'") && line.contains(full))
    });
    // What it cannot write any more, others find out.
    let status = repo.idhooks("watch status");
    let status = status.complains("cannot write its state: ").complains("/watch/status.json': ");
    status.complains(full).complains("free some disk space").done();
    let health = repo.idhooks("health").code(1).stdout();
    let line = health.lines().find(|line| line.contains(" watcher ")).expect("a line");
    assert!(line.contains("/watch/status.json': ") && line.contains(full), "{health}");
    assert!(repo.idhooks("status").ok().stdout().contains(full));
    disk.empty();
    watched.expect(before, &["FILE_MOVED notes.txt -> moved.txt"]);
    // Until it can be written again, the status is the one of before.
    watched.until("the problem is solved", || {
        let status = watched.status();
        status["last_error"].is_null() && !status["last_solved"].is_null()
    });
    let text = repo.idhooks("watch status").ok().stdout();
    let last = text.lines().find(|line| line.starts_with("last problem ")).expect("a line");
    assert!(last.contains(full) && last.ends_with(" (solved)"), "{last}");
    assert!(!repo.idhooks("status").ok().stdout().contains("watcher"));
    assert_eq!(watched.status()["queue"]["dead_letter"], 0);
    repo.idhooks("watch stop").ok().done();
    assert!(child.wait().is_ok_and(|status| status.success()));
    // From the beginning, with more and more room.
    for free in [0, 1, 2, 4, 8, 16, 24, 32] {
        repo.idhooks("queue clear --completed-before 0").ok().done();
        let [from, to] = if repo.exists("moved.txt") {
            ["moved.txt", "notes.txt"]
        } else {
            ["notes.txt", "moved.txt"]
        };
        rename(repo, from, to);
        let seen = watched.actions().len();
        disk.fill(free * 4096);
        let answer = repo.idhooks("watch run --once");
        assert!(answer.succeeded() || !answer.stderr().is_empty(), "{answer}");
        disk.empty();
        repo.idhooks("watch run --once").ok().done();
        let expected = format!("{from} -> {to}");
        let done: Vec<String> = watched.actions().split_off(seen);
        let list = repo.idhooks("queue list").ok().stdout();
        assert!(list.contains(&expected) && list.contains("completed"), "{free}: {list}");
        assert!(done.len() <= 1, "{free}: {done:?}");
    }
}

#[test]
fn a_queue_that_cannot_be_written_stops_only_the_watcher() {
    let start = adopted();
    let place = start.root().join("disk");
    let Some(disk) = Disk::new(&place) else { return };
    let repo = start.copy_as("disk/read-only");
    repo.idhooks("watch run --once").ok().done();
    rename(&repo, "notes.txt", "moved.txt");
    repo.idhooks("watch run --once").ok().done();
    if !mount(&["-o", "remount,ro"], &place) {
        return;
    }
    for line in ["watch run --once", "watch run", "watch start", "queue run --once"] {
        repo.idhooks(line).code(2).explains("read-only").done();
    }
    repo.idhooks("queue clear --completed-before 0").code(2).explains("read-only").done();
    for line in ["queue status", "queue list"] {
        repo.idhooks(line).code(2).explains("cannot open the queue").done();
    }
    // Everything else works.
    for line in ["check", "list", "status", "metrics --no-history"] {
        repo.idhooks(line).ok().done();
    }
    assert!(mount(&["-o", "remount,rw"], &place));
    repo.idhooks("queue status").ok().done();
    drop(disk);
}

#[test]
fn what_changed_while_a_repository_was_not_mounted_is_found() {
    let start = adopted();
    let source = start.path().to_owned();
    let place: PathBuf = start.root().join("mounted");
    fs::create_dir(&place).expect("a directory");
    let source_text = source.to_str().expect("a plain name").to_owned();
    if !mount(&["--bind", &source_text], &place) {
        return;
    }
    let watched = Watched(start.beside("mounted"));
    watched.start();
    watched.settled();
    let process = watched.status()["pid"].as_u64().expect("a process");
    let unmount = || Command::new("umount").arg("-l").arg(&place).status();
    assert!(unmount().is_ok_and(|status| status.success()));
    assert_ends(process);
    rename(&start, "notes.txt", "moved.txt");
    start.write("new.md", "x\n");
    assert!(mount(&["--bind", &source_text], &place));
    let before = watched.actions().len();
    watched.start();
    watched.expect(before, &["FILE_ADDED new.md", "FILE_MOVED notes.txt -> moved.txt"]);
    watched.0.idhooks("watch stop").ok().done();
    assert!(unmount().is_ok_and(|status| status.success()));
}

#[test]
fn what_cannot_be_read_is_named_and_keeps_nothing_else_from_being_done() {
    let start = adopted();
    let repo = start.copy_as("owned");
    let owned = "chmod 777 .. && chown -R 65534:65534 . ../home ../gitconfig";
    if !repo.sh(owned).succeeded() {
        return;
    }
    let as_owner = |line: &str| {
        let program = crate::common::binary();
        let user = "setpriv --reuid=65534 --regid=65534 --clear-groups --";
        repo.sh(&format!("{user} '{}' {line}", program.display()))
    };
    let run = || as_owner("watch run --once");
    if !run().succeeded() {
        return;
    }
    repo.write("closed/a.md", "a\n");
    repo.write("secret.md", "s\n");
    repo.write("open.md", "o\n");
    let prepare = "chown -R 65534:65534 closed secret.md open.md && chmod 000 closed secret.md";
    repo.sh(prepare).ok().done();
    let output = run();
    assert!(output.stdout().contains("FILE_ADDED open.md\n"), "{output}");
    assert!(output.stderr().contains("closed"), "{output}");
    assert!(output.stderr().contains("secret.md: cannot read the file"), "{output}");
    let failed = as_owner("queue show secret.md").ok().stdout();
    assert!(failed.contains("failed"), "{failed}");
    repo.sh("chmod 755 closed secret.md").ok().done();
    let deadline = std::time::Instant::now() + super::LIMIT;
    let mut seen = String::new();
    while !(seen.contains("closed/a.md") && seen.contains("secret.md")) {
        assert!(std::time::Instant::now() < deadline, "{seen}");
        seen += &run().ok().stdout();
    }
    repo.sh("chown -R $(id -u) . ../home ../gitconfig").ok().done();
}
