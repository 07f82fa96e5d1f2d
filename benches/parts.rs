//! Measures the pure parts of idhooks: no file, no process, no git. And the queue of the watcher, a
//! database in a directory for temporary files.
//!
//! `cargo bench -p idhooks-benches --bench parts`, with a part of a name to choose; with
//! `IDHOOKS_BENCH_MILLION=1` also over a million records.

#[path = "scale/records.rs"]
mod records;
#[path = "scale/seed.rs"]
mod seed;

use std::collections::BTreeMap;

use divan::{Bencher, black_box};
use idhooks_automation::{FileEvent, Moment, Queue, QueueEvent, QueueWriter};
use idhooks_core::check::{Parent, Subject, check};
use idhooks_core::config::{Config, RenamePolicy};
use idhooks_core::merge::merge;
use idhooks_core::registry::{BlobId, Change, Entry, Mode, Registry, RepoPath, Tree};
use idhooks_core::rename::{Blobs, pair};
use idhooks_repo::store::{Sharing, StateDir};

use records::Additions;

fn main() {
    // `cargo test --benches` starts benchmarks too.
    if std::env::args().any(|arg| arg == "--bench") {
        divan::main();
    }
}

/// Returns the sizes, in records.
fn sizes() -> Vec<u32> {
    let mut sizes = vec![1_000, 10_000, 100_000];
    if std::env::var_os("IDHOOKS_BENCH_MILLION").is_some() {
        sizes.push(1_000_000);
    }
    sizes
}

fn registry(records: u32) -> Registry {
    records::registry(records).expect("a valid registry")
}

/// Returns the tree in which every record has its file.
fn tree(registry: &Registry) -> Tree {
    let entry = |n: usize| Entry {
        mode: Mode::Regular,
        blob: records::blob(u32::try_from(n).expect("a small number")).expect("valid"),
    };
    let records = registry.allocations.iter().enumerate();
    records.map(|(n, record)| (record.path.clone(), entry(n))).collect()
}

#[divan::bench(args = sizes(), sample_count = 10)]
fn parse(bencher: Bencher<'_, '_>, records: u32) {
    let text = registry(records).format();
    bencher.bench_local(|| Registry::parse(black_box(text.as_bytes())));
}

#[divan::bench(args = sizes(), sample_count = 10)]
fn format(bencher: Bencher<'_, '_>, records: u32) {
    let registry = registry(records);
    bencher.bench_local(|| black_box(&registry).format());
}

#[divan::bench(args = sizes(), sample_count = 10)]
fn merge_spread(bencher: Bencher<'_, '_>, records: u32) {
    merge_with(bencher, records, Additions::Spread);
}

#[divan::bench(args = sizes(), sample_count = 10)]
fn merge_at_end(bencher: Bencher<'_, '_>, records: u32) {
    merge_with(bencher, records, Additions::AtEnd);
}

fn merge_with(bencher: Bencher<'_, '_>, records: u32, additions: Additions) {
    let base = registry(records);
    let sides = records::sides(&base, records / 200, additions).expect("valid");
    let [ours, theirs] = &sides;
    bencher.bench_local(|| merge(black_box(&base), ours, theirs));
}

#[divan::bench(args = sizes(), sample_count = 10)]
fn check_all(bencher: Bencher<'_, '_>, records: u32) {
    let registry = registry(records);
    let text = registry.format();
    let tree = tree(&registry);
    let config = Config::default();
    let parents = [Parent { registry: &registry, tree: &tree }];
    let subject = Subject {
        bytes: text.as_bytes(),
        parents: &parents,
        merged: Some(&registry),
        ..Subject::new(&config, &registry, &tree)
    };
    assert!(check(&subject).is_empty(), "the registry is true");
    bencher.bench_local(|| check(black_box(&subject)));
}

#[divan::bench(args = sizes(), sample_count = 10)]
fn find_changes(bencher: Bencher<'_, '_>, records: u32) {
    let old = tree(&registry(records));
    let mut new = old.clone();
    let few = new.keys().step_by(records as usize / 50).cloned().collect::<Vec<_>>();
    for path in few {
        new.remove(&path);
    }
    bencher.bench_local(|| Change::between(black_box(&old), black_box(&new)));
}

/// Blobs that are there in memory.
struct Memory(BTreeMap<BlobId, Vec<u8>>);

impl Blobs for Memory {
    fn size(&self, blob: BlobId) -> Option<u64> {
        self.0.get(&blob).map(|data| data.len() as u64)
    }

    fn read(&self, blob: BlobId) -> Option<Vec<u8>> {
        self.0.get(&blob).cloned()
    }
}

/// Files that were renamed, each with or without an edit.
fn renamed(files: u32, edits: u32) -> (Vec<Change>, Memory) {
    let mut changes = Vec::new();
    let mut memory = BTreeMap::new();
    let mut side = |number: u32, path: u32, version: u32, edits: u32| {
        let blob = records::blob(2 * number + version).expect("valid");
        memory.insert(blob, seed::content(number, edits).into_bytes());
        let entry = Some(Entry { mode: Mode::Regular, blob });
        (records::path(path).expect("valid"), entry)
    };
    for number in 0..files {
        let (path, old) = side(number, number, 0, 0);
        changes.push(Change { path, old, new: None });
        let version = u32::from(edits > 0);
        let (path, new) = side(number, number + 10 * files, version, edits);
        changes.push(Change { path, old: None, new });
    }
    (changes, Memory(memory))
}

#[divan::bench(args = [10, 100, 1_000], sample_count = 10)]
fn pair_similar(bencher: Bencher<'_, '_>, files: u32) {
    let (changes, memory) = renamed(files, 2);
    let options = RenamePolicy::default();
    let found = pair(&changes, &memory, &options);
    assert_eq!(found.renames.len(), files as usize, "every file is found again");
    bencher.bench_local(|| pair(black_box(&changes), &memory, &options));
}

#[divan::bench(args = sizes(), sample_count = 10)]
fn pair_exact(bencher: Bencher<'_, '_>, files: u32) {
    let (changes, memory) = renamed(files, 0);
    let options = RenamePolicy::default();
    let found = pair(&changes, &memory, &options);
    assert_eq!(found.renames.len(), files as usize, "every file is found again");
    bencher.bench_local(|| pair(black_box(&changes), &memory, &options));
}

/// A module of 4 KB with 20 functions in 10 classes, as in a usual program.
fn module(number: usize) -> String {
    let class = |n: usize| {
        format!(
            "class Part{n}(Base):\n    \"\"\"Part {n} of module {number}.\"\"\"\n\n    \
             @property\n    def size(self) -> int:\n        return sum(x ** 2 for x in self.items if x > {n})\n\n    \
             def load(self, path: str, *, strict: bool = False) -> None:\n        \
             with open(path, encoding='utf-8') as file:\n            \
             for line in file:\n                if strict and not line.strip():\n                    \
             raise ValueError(f'{{path}}: empty line')\n                self.items[{n}] = line\n\n\n"
        )
    };
    let head = "import os\nfrom collections import defaultdict\nfrom .base import Base\n\n\n";
    [head.to_owned()].into_iter().chain((0..10).map(class)).collect()
}

/// Describes Python files; the items of the result are files.
#[divan::bench(sample_count = 20)]
fn describe(bencher: Bencher<'_, '_>) {
    let modules: Vec<String> = (0..100).map(module).collect();
    bencher.counter(divan::counter::ItemsCount::new(modules.len())).bench_local(|| {
        let facts = |text: &String| idhooks_code::describe(text.as_bytes(), &mut || false);
        modules.iter().map(facts).map(|facts| facts.functions.len()).sum::<usize>()
    });
}

/// A queue in a directory of its own, with this many items.
fn queue(items: u32) -> (tempfile::TempDir, Queue) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut queue = Queue::open(&StateDir::of(dir.path(), Sharing::default())).expect("a queue");
    let add = |n| queue.write(|work| work.enqueue(&event(n), Moment::now()));
    (0..items).try_for_each(add).expect("writable");
    (dir, queue)
}

fn event(n: u32) -> QueueEvent {
    let path = RepoPath::new(format!("docs/{}/{n}.md", n % 100).into_bytes()).expect("a path");
    QueueEvent::new(FileEvent::Modified, path)
}

/// Puts 10,000 paths into the queue, each in a transaction of its own.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn queue_10_000_enqueued(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(|| queue(0)).bench_refs(|(_, queue)| {
        let add = |n| queue.write(|work| work.enqueue(&event(n), Moment::now()));
        (0..10_000).try_for_each(add).expect("writable");
    });
}

/// Puts 10,000 paths into the queue in one transaction, as the watcher does.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn queue_10_000_enqueued_at_once(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(|| queue(0)).bench_refs(|(_, queue)| {
        let add_all = |work: &QueueWriter<'_>| {
            (0..10_000).try_for_each(|n| work.enqueue(&event(n), Moment::now()))
        };
        queue.write(add_all).expect("writable");
    });
}

/// Takes and completes 10,000 items, each in two transactions of its own.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn queue_10_000_taken_and_completed(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(|| queue(10_000)).bench_refs(|(_, queue)| {
        let take =
            |queue: &mut Queue| queue.write(|work| work.take(Moment::now())).expect("writable");
        while let Some(item) = take(queue) {
            queue.write(|work| work.complete(&item, Moment::now())).expect("writable");
        }
    });
}
