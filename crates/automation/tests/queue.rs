//! The laws of the queue, against a model; many workers; a process that is killed; databases that
//! cannot be used.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use idhooks_automation::{
    FileEvent, ItemStatus, KnownStamp, MAX_ATTEMPTS, Moment, Queue, QueueError, QueueEvent,
    QueueItem, QueueWriter,
};
use idhooks_core::registry::RepoPath;
use idhooks_repo::store::{Sharing, StateDir};
use proptest::prelude::*;

fn state(dir: &Path) -> StateDir {
    StateDir::of(dir, Sharing::default())
}

fn path(name: &str) -> RepoPath {
    RepoPath::new(name.as_bytes()).expect("a path")
}

fn event(name: &str) -> QueueEvent {
    QueueEvent::new(FileEvent::Modified, path(name))
}

fn at(seconds: u64) -> Moment {
    Moment::from_millis(1_768_773_600_000 + seconds * 1000)
}

fn take(queue: &mut Queue, now: Moment) -> Option<QueueItem> {
    queue.write(|work| work.take(now)).expect("writable")
}

/// What the model knows of an item.
#[derive(Debug, Clone)]
struct ModelItem {
    event: FileEvent,
    status: ItemStatus,
    attempts: u32,
    generation: u32,
    enqueued: u64,
    /// The earliest and the latest second of the next attempt.
    next: Option<(f64, f64)>,
    /// Which attempt holds it.
    holder: usize,
}

#[derive(Debug, Clone)]
enum Step {
    Enqueue(u8, FileEvent),
    Take,
    Complete(usize),
    Fail(usize),
    Postpone(usize),
    Retry(u8),
    Drop(u8),
    Wait(u64),
    /// The process ends and another one begins.
    Restart,
    /// The same, and the lock of the worker is free.
    Reset,
    Clear,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let events = proptest::sample::select(FileEvent::ALL.to_vec());
    let step = prop_oneof![
        4 => (0..4_u8, events).prop_map(|(name, event)| Step::Enqueue(name, event)),
        4 => Just(Step::Take),
        3 => (0..6_usize).prop_map(Step::Complete),
        3 => (0..6_usize).prop_map(Step::Fail),
        1 => (0..6_usize).prop_map(Step::Postpone),
        1 => (0..4_u8).prop_map(Step::Retry),
        1 => (0..4_u8).prop_map(Step::Drop),
        3 => (1..20_u64).prop_map(Step::Wait),
        1 => Just(Step::Restart),
        1 => Just(Step::Reset),
        1 => Just(Step::Clear),
    ];
    proptest::collection::vec(step, 1..60)
}

/// A queue beside its model.
struct Pair {
    dir: tempfile::TempDir,
    queue: Queue,
    model: BTreeMap<RepoPath, ModelItem>,
    /// Every item that was ever taken, with the generation that it had.
    taken: Vec<(QueueItem, u32)>,
    now: u64,
}

impl Pair {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let queue = Queue::open(&state(dir.path())).expect("a queue");
        Pair { dir, queue, model: BTreeMap::new(), taken: Vec::new(), now: 0 }
    }

    /// Returns the model of an item if the attempt still holds it.
    fn held(&mut self, attempt: usize) -> Option<(QueueItem, u32, &mut ModelItem)> {
        let (item, generation) = self.taken.get(attempt)?.clone();
        let model = self.model.get_mut(&item.path)?;
        let is_held = model.status == ItemStatus::Running && model.holder == attempt;
        is_held.then_some((item, generation, model))
    }

    fn step(&mut self, step: &Step) {
        let now = at(self.now);
        // Events of one moment have no order.
        self.now += 1;
        match step {
            Step::Enqueue(name, kind) => self.enqueue(*name, *kind, now),
            Step::Take => self.take(now),
            Step::Complete(attempt) => {
                let held = self.held(*attempt).map(|(_, generation, model)| {
                    let is_last = model.generation == generation;
                    model.status = if is_last { ItemStatus::Completed } else { ItemStatus::Queued };
                    model.attempts = if is_last { model.attempts } else { 0 };
                });
                self.settle(*attempt, held.is_some(), |work, item| work.complete(item, now));
            }
            Step::Fail(attempt) => {
                let seconds = self.now as f64 - 1.0;
                let held = self.held(*attempt).map(|(_, generation, model)| {
                    let delay = 4.0_f64.powi(model.attempts as i32 - 1);
                    let again = (seconds + delay, seconds + delay * 1.25);
                    (model.status, model.next) = match model.attempts {
                        _ if model.generation != generation => (ItemStatus::Queued, None),
                        MAX_ATTEMPTS.. => (ItemStatus::DeadLetter, None),
                        _ => (ItemStatus::Failed, Some(again)),
                    };
                    model.attempts =
                        if model.generation == generation { model.attempts } else { 0 };
                });
                self.settle(*attempt, held.is_some(), |work, item| work.fail(item, "why", now));
            }
            Step::Postpone(attempt) => {
                let (again, seconds) = (now.after(Duration::from_secs(5)), self.now as f64 + 4.0);
                let held = self.held(*attempt).map(|(_, _, model)| {
                    model.status = ItemStatus::Queued;
                    model.attempts -= 1;
                    model.next = Some((seconds, seconds));
                });
                self.settle(*attempt, held.is_some(), |work, item| work.postpone(item, again));
            }
            Step::Retry(name) => self.retry(&path(&name.to_string())),
            Step::Drop(name) => self.drop_item(&path(&name.to_string())),
            Step::Wait(seconds) => self.now += seconds,
            Step::Restart => self.reopen(),
            Step::Reset => {
                self.reopen();
                self.queue.write(|work| work.reset_running()).expect("writable");
                for model in self.model.values_mut().filter(|m| m.status == ItemStatus::Running) {
                    model.status = match model.attempts {
                        MAX_ATTEMPTS.. => ItemStatus::DeadLetter,
                        _ => ItemStatus::Queued,
                    };
                }
            }
            Step::Clear => {
                self.queue.write(|work| work.clear_completed(now)).expect("writable");
                self.model.retain(|_, model| model.status != ItemStatus::Completed);
            }
        }
    }

    fn retry(&mut self, name: &RepoPath) {
        let is_over =
            |m: &&mut ModelItem| [ItemStatus::Failed, ItemStatus::DeadLetter].contains(&m.status);
        let found = self.model.get_mut(name).filter(is_over).map(|model| {
            (model.status, model.attempts, model.next) = (ItemStatus::Queued, 0, None);
        });
        let done = self.queue.write(|work| work.retry(name)).expect("writable");
        assert_eq!(done, found.is_some());
    }

    fn drop_item(&mut self, name: &RepoPath) {
        let is_free = self.model.get(name).is_some_and(|m| m.status != ItemStatus::Running);
        if is_free {
            self.model.remove(name);
        }
        let done = self.queue.write(|work| work.drop_item(name)).expect("writable");
        assert_eq!(done, is_free);
    }

    fn reopen(&mut self) {
        self.queue = Queue::open(&state(self.dir.path())).expect("a queue");
    }

    fn enqueue(&mut self, name: u8, kind: FileEvent, now: Moment) {
        let name = path(&name.to_string());
        let event = QueueEvent::new(kind, name.clone());
        self.queue.write(|work| work.enqueue(&event, now)).expect("writable");
        let enqueued = self.now - 1;
        let (status, attempts, generation, holder) = match self.model.get(&name) {
            None => (ItemStatus::Queued, 0, 0, 0),
            Some(m) if m.status == ItemStatus::Running => {
                (m.status, m.attempts, m.generation + 1, m.holder)
            }
            Some(m) if m.status == ItemStatus::Queued => {
                (m.status, m.attempts, m.generation + 1, 0)
            }
            // Everything else starts again, also dead letters.
            Some(m) => (ItemStatus::Queued, 0, m.generation + 1, 0),
        };
        let item =
            ModelItem { event: kind, status, attempts, generation, enqueued, next: None, holder };
        self.model.insert(name, item);
    }

    fn take(&mut self, now: Moment) {
        let seconds = self.now as f64 - 1.0;
        let taken = self.queue.write(|work| work.take(now)).expect("writable");
        let waits = |m: &ModelItem| [ItemStatus::Queued, ItemStatus::Failed].contains(&m.status);
        let is_due = |m: &ModelItem, by: f64| waits(m) && m.next.is_none_or(|_| by <= seconds);
        let surely = self.model.iter().filter(|(_, m)| is_due(m, m.next.map_or(0.0, |n| n.1)));
        let oldest = surely.min_by_key(|(name, m)| (m.enqueued, (*name).clone()));
        let Some(item) = taken else {
            assert!(oldest.is_none(), "{oldest:?} is due");
            return;
        };
        if let Some((_, oldest)) = oldest {
            assert!(self.model[&item.path].enqueued <= oldest.enqueued, "not the oldest: {item:?}");
        }
        let holder = self.taken.len();
        let model = self.model.get_mut(&item.path).expect("an item of the model");
        assert!(is_due(model, model.next.map_or(0.0, |n| n.0)), "{item:?} is not due");
        (model.status, model.attempts, model.next) =
            (ItemStatus::Running, model.attempts + 1, None);
        model.holder = holder;
        assert_eq!((item.event, item.attempts), (model.event, model.attempts));
        let generation = model.generation;
        self.taken.push((item, generation));
    }

    fn settle(
        &mut self,
        attempt: usize,
        is_held: bool,
        work: impl FnOnce(&QueueWriter<'_>, &QueueItem) -> Result<bool, QueueError>,
    ) {
        let Some((item, _)) = self.taken.get(attempt) else { return };
        let done = self.queue.write(|change| work(change, item)).expect("writable");
        assert_eq!(done, is_held, "attempt {attempt} of {item:?}");
    }

    fn compare(&self) {
        let items = self.queue.list(None, 100).expect("readable");
        let found: BTreeMap<RepoPath, (FileEvent, ItemStatus, u32)> =
            items.into_iter().map(|i| (i.path, (i.event, i.status, i.attempts))).collect();
        let model = self.model.iter();
        let expected: BTreeMap<RepoPath, (FileEvent, ItemStatus, u32)> =
            model.map(|(name, m)| (name.clone(), (m.event, m.status, m.attempts))).collect();
        assert_eq!(found, expected);
        let depth = self.queue.depth().expect("readable");
        for status in ItemStatus::ALL {
            let expected = self.model.values().filter(|m| m.status == status).count();
            assert_eq!(depth.of(status) as usize, expected, "{status}");
        }
        assert_eq!(self.queue.attempts().expect("readable"), self.taken.len() as u64);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_sequence_of_steps_does_what_the_model_does(steps in steps()) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.step(step);
            pair.compare();
        }
    }
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
        let name = "a_killed_worker_loses_nothing_and_repeats_only_its_last_item";
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
