//! Many workers; a process that is killed; databases that cannot be used.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use idhooks_core::registry::RepoPath;
use idhooks_repo::store::{Sharing, StateDir};

use super::{
    FileEvent, ItemStatus, KnownStamp, Queue, QueueError, QueueEvent, QueueItem, QueueWriter,
};
use crate::moment::Moment;

pub(super) fn state(dir: &Path) -> StateDir {
    StateDir::of(dir, Sharing::default())
}

pub(super) fn path(name: &str) -> RepoPath {
    RepoPath::new(name.as_bytes()).expect("a path")
}

fn event(name: &str) -> QueueEvent {
    QueueEvent::new(FileEvent::Modified, path(name))
}

pub(super) fn at(seconds: u64) -> Moment {
    Moment::from_millis(1_768_773_600_000 + seconds * 1000)
}

fn take(queue: &mut Queue, now: Moment) -> Option<QueueItem> {
    queue.write(|work| work.take(now)).expect("writable")
}

#[test]
fn an_event_during_the_work_runs_again_and_a_dead_letter_comes_back() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut queue = Queue::open(&state(dir.path())).expect("a queue");
    queue.write(|work| work.enqueue(&event("a"), at(0))).expect("writable");
    let item = take(&mut queue, at(1)).expect("an item");
    queue.write(|work| work.enqueue(&event("a"), at(2))).expect("writable");
    assert!(take(&mut queue, at(3)).is_none(), "it is being worked on");
    assert!(queue.write(|work| work.complete(&item, at(4))).expect("writable"));
    for (now, expected) in
        [(5, ItemStatus::Failed), (8, ItemStatus::Failed), (20, ItemStatus::DeadLetter)]
    {
        let item = take(&mut queue, at(now)).expect("it is due again");
        queue.write(|work| work.fail(&item, "cannot read it", at(now))).expect("writable");
        let item = queue.get(&path("a")).expect("readable").expect("there");
        assert_eq!((item.status, item.last_error.as_deref()), (expected, Some("cannot read it")));
        assert!(take(&mut queue, at(now)).is_none(), "not before its time");
    }
    queue.write(|work| work.enqueue(&event("a"), at(30))).expect("writable");
    let item = take(&mut queue, at(31)).expect("it is alive");
    assert_eq!((item.attempts, item.last_error), (1, None));
}

#[test]
fn paths_and_stamps_are_what_they_were() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut queue = Queue::open(&state(dir.path())).expect("a queue");
    let odd = RepoPath::new(*b"a \xff\n'\"").expect("a path");
    let stamp = KnownStamp { device: u64::MAX, inode: 1 << 63, size: 7, modified: -1 };
    let moved =
        QueueEvent { old_path: Some(path("é")), ..QueueEvent::new(FileEvent::Moved, odd.clone()) };
    queue
        .write(|work| {
            work.note(&odd, &stamp)?;
            work.enqueue(&moved, at(0))
        })
        .expect("writable");
    let item = queue.get(&odd).expect("readable").expect("there");
    assert_eq!((item.path, item.old_path), (odd.clone(), Some(path("é"))));
    assert_eq!(queue.known(&odd).expect("readable"), Some(stamp));
    assert_eq!(queue.known_paths(&stamp).expect("readable"), std::slice::from_ref(&odd));
    queue.write(|work| work.forget(&odd)).expect("writable");
    assert!(queue.knows_nothing().expect("readable"));
    // A failed piece of work leaves nothing.
    let failed: Result<(), QueueError> = queue.write(|work| {
        work.note(&odd, &stamp)?;
        Err(QueueError::Newer { path: "x".into(), version: 9 })
    });
    assert!(failed.is_err() && queue.knows_nothing().expect("readable"));
}

#[test]
fn moves_stay_until_the_file_is_back_or_gone() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut queue = Queue::open(&state(dir.path())).expect("a queue");
    let stamp = KnownStamp { inode: 1, ..KnownStamp::default() };
    let moved = |queue: &mut Queue, from: &str, to: &str| {
        let moved = queue.write(|work| {
            let origin = work.origin(&path(from))?;
            work.forget(&path(from))?;
            work.note(&path(to), &stamp)?;
            work.note_move(&path(to), &origin)
        });
        moved.expect("writable");
        queue.moves().expect("readable")
    };
    assert_eq!(moved(&mut queue, "a", "b"), [(path("a"), path("b"))]);
    assert_eq!(moved(&mut queue, "b", "c"), [(path("a"), path("c"))]);
    queue.write(|work| work.note(&path("c"), &stamp)).expect("writable");
    drop(queue);
    let mut queue = Queue::open(&state(dir.path())).expect("a queue");
    assert_eq!(queue.moves().expect("readable"), [(path("a"), path("c"))]);
    assert_eq!(moved(&mut queue, "c", "a"), []);
    moved(&mut queue, "a", "b");
    queue.write(|work| work.forget(&path("b"))).expect("writable");
    assert_eq!(queue.moves().expect("readable"), []);
}

#[test]
fn ten_thousand_events_are_one_piece_of_work() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut queue = Queue::open(&state(dir.path())).expect("a queue");
    queue
        .write(|work| (0..10_000).try_for_each(|n| work.enqueue(&event(&format!("d/{n}")), at(0))))
        .expect("writable");
    assert_eq!(queue.depth().expect("readable").queued, 10_000);
}

#[test]
fn eight_workers_do_each_item_once() {
    const ITEMS: usize = 10_000;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut queue = Queue::open(&state(dir.path())).expect("a queue");
    let fill = |queue: &mut Queue, now| {
        queue
            .write(|work| (0..ITEMS).try_for_each(|n| work.enqueue(&event(&n.to_string()), now)))
            .expect("writable");
    };
    for generation in 1..=2 {
        fill(&mut queue, at(generation));
        let mut done: Vec<RepoPath> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let mut queue = Queue::open(&state(dir.path())).expect("a queue");
                        let mut done = Vec::new();
                        loop {
                            let take = |work: &QueueWriter<'_>| {
                                let item = || work.take(at(9)).transpose();
                                std::iter::from_fn(item).take(20).collect::<Result<Vec<_>, _>>()
                            };
                            let items = queue.write(take).expect("writable");
                            if items.is_empty() {
                                break;
                            }
                            for item in items {
                                let complete = |work: &QueueWriter<'_>| work.complete(&item, at(9));
                                assert!(queue.write(complete).expect("writable"));
                                done.push(item.path);
                            }
                        }
                        done
                    })
                })
                .collect();
            workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
        });
        done.sort();
        let all = done.len();
        done.dedup();
        assert_eq!((all, done.len()), (ITEMS, ITEMS));
        assert_eq!(queue.depth().expect("readable").completed as usize, ITEMS);
    }
}

/// The directory of the queue of the process that is killed.
const VICTIM: &str = "IDHOOKS_TEST_QUEUE";

/// Works until it is killed: writes a line before and after each item.
fn work_until_killed(dir: &Path) {
    let mut log = std::fs::OpenOptions::new().append(true).open(dir.join("log")).expect("a log");
    let mut queue = Queue::open(&state(dir)).expect("a queue");
    queue.write(|work| work.reset_running()).expect("writable");
    while let Some(item) = take(&mut queue, Moment::now()) {
        let line = |word: &str| format!("{word} {}\n", item.path);
        log.write_all(line("begin").as_bytes()).expect("writable");
        queue.write(|work| work.complete(&item, Moment::now())).expect("writable");
        log.write_all(line("end").as_bytes()).expect("writable");
    }
}

#[test]
fn a_killed_worker_loses_nothing_and_repeats_only_its_last_item() {
    const ITEMS: usize = 3_000;
    if let Some(dir) = std::env::var_os(VICTIM) {
        return work_until_killed(Path::new(&dir));
    }
    let dir = tempfile::tempdir().expect("a temporary directory");
    std::fs::write(dir.path().join("log"), "").expect("writable");
    let mut queue = Queue::open(&state(dir.path())).expect("a queue");
    queue
        .write(|work| (0..ITEMS).try_for_each(|n| work.enqueue(&event(&n.to_string()), at(0))))
        .expect("writable");
    let mut kills = 0;
    let me = std::env::current_exe().expect("this test");
    for millis in [3, 40, 7, 90, 20, 60, 11, 33, 70, 25].into_iter().chain([60_000]) {
        let name = "queue::tests::a_killed_worker_loses_nothing_and_repeats_only_its_last_item";
        let mut victim = Command::new(&me)
            .args(["--exact", name, "--test-threads=1"])
            .env(VICTIM, dir.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("it can be started");
        let length = || std::fs::metadata(dir.path().join("log")).expect("a log").len();
        let (before, begin) = (length(), Instant::now());
        // It must have begun before it is killed: how far it comes is what differs.
        while length() == before && victim.try_wait().expect("a child").is_none() {
            std::thread::yield_now();
        }
        let limit = begin.elapsed() + Duration::from_millis(millis);
        while begin.elapsed() < limit && victim.try_wait().expect("a child").is_none() {
            std::thread::yield_now();
        }
        kills += usize::from(victim.try_wait().expect("a child").is_none());
        let _ = victim.kill();
        victim.wait().expect("a child");
    }
    assert!(kills > 3, "it was too fast: {kills}");
    let depth = queue.depth().expect("readable");
    assert_eq!((depth.completed as usize, depth.pending(), depth.dead_letter), (ITEMS, 0, 0));
    let log = std::fs::read_to_string(dir.path().join("log")).expect("a log");
    let begun = log.lines().filter(|line| line.starts_with("begin ")).count();
    assert!((ITEMS..=ITEMS + kills).contains(&begun), "{begun} with {kills} kills");
}

#[test]
fn a_database_that_cannot_be_used_says_why() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let state = state(dir.path());
    assert!(Queue::open_existing(&state).expect("none").is_none());
    drop(Queue::open(&state).expect("a queue"));
    let file = state.file("queue.db").path().to_owned();
    let db = rusqlite::Connection::open(&file).expect("a database");
    db.pragma_update(None, "user_version", 99).expect("writable");
    drop(db);
    let refused = Queue::open(&state).expect_err("newer");
    assert!(matches!(refused, QueueError::Newer { version: 99, .. }), "{refused}");
    std::fs::write(&file, "no database at all, but long enough to be read as one".repeat(90))
        .expect("writable");
    let refused = Queue::open(&state).expect_err("damaged");
    assert!(matches!(refused, QueueError::Damaged { .. }), "{refused}");
    assert!(refused.to_string().contains("queue.db' is damaged: "), "{refused}");
}

#[cfg(unix)]
#[test]
fn it_is_private_and_not_behind_a_link() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut queue = Queue::open(&state(dir.path())).expect("a queue");
    queue.write(|work| work.enqueue(&event("a"), at(0))).expect("writable");
    let files = std::fs::read_dir(state(dir.path()).path()).expect("a directory");
    let modes: Vec<u32> = files
        .map(|file| file.expect("readable").metadata().expect("there").permissions().mode() & 0o777)
        .collect();
    // The database, its journal and their shared memory.
    assert_eq!(modes, [0o600; 3]);
    drop(queue);
    let other = tempfile::tempdir().expect("a temporary directory");
    std::fs::create_dir(other.path().join("idhooks")).expect("a directory");
    let link = other.path().join("idhooks/queue.db");
    std::os::unix::fs::symlink(dir.path().join("elsewhere"), link).expect("a link");
    assert!(Queue::open(&state(other.path())).is_err());
    assert!(!dir.path().join("elsewhere").exists());
}
