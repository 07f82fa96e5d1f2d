//! The laws of the queue, against a model.

use std::collections::BTreeMap;
use std::time::Duration;

use idhooks_core::registry::RepoPath;
use proptest::prelude::*;

use super::tests::{at, path, state};
use super::{
    FileEvent, ItemStatus, MAX_ATTEMPTS, Queue, QueueError, QueueEvent, QueueItem, QueueWriter,
};
use crate::moment::Moment;

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
enum QueueStep {
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

fn steps() -> impl Strategy<Value = Vec<QueueStep>> {
    let events = proptest::sample::select(FileEvent::ALL.to_vec());
    let step = prop_oneof![
        4 => (0..4_u8, events).prop_map(|(name, event)| QueueStep::Enqueue(name, event)),
        4 => Just(QueueStep::Take),
        3 => (0..6_usize).prop_map(QueueStep::Complete),
        3 => (0..6_usize).prop_map(QueueStep::Fail),
        1 => (0..6_usize).prop_map(QueueStep::Postpone),
        1 => (0..4_u8).prop_map(QueueStep::Retry),
        1 => (0..4_u8).prop_map(QueueStep::Drop),
        3 => (1..20_u64).prop_map(QueueStep::Wait),
        1 => Just(QueueStep::Restart),
        1 => Just(QueueStep::Reset),
        1 => Just(QueueStep::Clear),
    ];
    proptest::collection::vec(step, 1..60)
}

/// A queue beside its model.
struct ModelledQueue {
    dir: tempfile::TempDir,
    queue: Queue,
    model: BTreeMap<RepoPath, ModelItem>,
    /// Every item that was ever taken, with the generation that it had.
    taken: Vec<(QueueItem, u32)>,
    now: u64,
}

impl ModelledQueue {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let queue = Queue::open(&state(dir.path())).expect("a queue");
        ModelledQueue { dir, queue, model: BTreeMap::new(), taken: Vec::new(), now: 0 }
    }

    /// Returns the model of an item if the attempt still holds it.
    fn held(&mut self, attempt: usize) -> Option<(QueueItem, u32, &mut ModelItem)> {
        let (item, generation) = self.taken.get(attempt)?.clone();
        let model = self.model.get_mut(&item.path)?;
        let is_held = model.status == ItemStatus::Running && model.holder == attempt;
        is_held.then_some((item, generation, model))
    }

    fn step(&mut self, step: &QueueStep) {
        let now = at(self.now);
        // Events of one moment have no order.
        self.now += 1;
        match step {
            QueueStep::Enqueue(name, kind) => self.enqueue(*name, *kind, now),
            QueueStep::Take => self.take(now),
            QueueStep::Complete(attempt) => {
                let held = self.held(*attempt).map(|(_, generation, model)| {
                    let is_last = model.generation == generation;
                    model.status = if is_last { ItemStatus::Completed } else { ItemStatus::Queued };
                    model.attempts = if is_last { model.attempts } else { 0 };
                });
                self.settle(*attempt, held.is_some(), |work, item| work.complete(item, now));
            }
            QueueStep::Fail(attempt) => {
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
            QueueStep::Postpone(attempt) => {
                let (again, seconds) = (now.after(Duration::from_secs(5)), self.now as f64 + 4.0);
                let held = self.held(*attempt).map(|(_, _, model)| {
                    model.status = ItemStatus::Queued;
                    model.attempts -= 1;
                    model.next = Some((seconds, seconds));
                });
                self.settle(*attempt, held.is_some(), |work, item| work.postpone(item, again));
            }
            QueueStep::Retry(name) => self.retry(&path(&name.to_string())),
            QueueStep::Drop(name) => self.drop_item(&path(&name.to_string())),
            QueueStep::Wait(seconds) => self.now += seconds,
            QueueStep::Restart => self.reopen(),
            QueueStep::Reset => {
                self.reopen();
                self.queue.write(|work| work.reset_running()).expect("writable");
                for model in self.model.values_mut().filter(|m| m.status == ItemStatus::Running) {
                    model.status = match model.attempts {
                        MAX_ATTEMPTS.. => ItemStatus::DeadLetter,
                        _ => ItemStatus::Queued,
                    };
                }
            }
            QueueStep::Clear => {
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
        let mut queue = ModelledQueue::new();
        for step in &steps {
            queue.step(step);
            queue.compare();
        }
    }
}
