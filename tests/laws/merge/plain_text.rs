//! Where git merges the canonical text cleanly, it merges it right.
//!
//! This is what a forge does, which runs no driver. Its result may leave one second identity to two
//! records that got it on different branches: a check names that, and the next commit takes it from the
//! junior, as the driver does.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use idhooks_core::registry::{Allocation, Registry, RepoPath};
use proptest::prelude::*;

use crate::common::sealed;
use crate::laws::merge::edits::{ORDERLY, World, at, edited, edits, empty, path};
use crate::laws::merge::laws::{has_all_of, m};

/// Returns what git makes of the texts, if it finds no conflict.
fn merged_as_text(dir: &Path, texts: [&Registry; 3]) -> Option<Vec<u8>> {
    let names = ["base", "ours", "theirs"].map(|name| dir.join(name));
    for (name, registry) in names.iter().zip(texts) {
        std::fs::write(name, registry.format()).expect("writable");
    }
    let [base, ours, theirs] = &names;
    let mut command = sealed("git", dir, dir);
    command.args(["merge-file", "-p"]).args([ours, base, theirs]);
    let output = command.output().expect("git runs");
    output.status.success().then_some(output.stdout)
}

fn active_paths(registry: &Registry) -> Vec<&RepoPath> {
    registry.allocations.iter().filter(|a| a.is_active()).map(|a| &a.path).collect()
}

fn holds_a_path_twice(registry: &Registry) -> bool {
    let paths = active_paths(registry);
    paths.iter().collect::<BTreeSet<_>>().len() < paths.len()
}

/// Returns whether `side` has a record that is new at a path of the base.
fn may_have_twins(base: &Registry, side: &Registry) -> bool {
    let held: BTreeSet<&RepoPath> = active_paths(base).into_iter().collect();
    let known: BTreeSet<_> = base.allocations.iter().map(|a| a.origin).collect();
    side.allocations.iter().any(|a| !known.contains(&a.origin) && held.contains(&a.path))
}

static CLEAN: AtomicU32 = AtomicU32::new(0);
/// How many of them left a second identity to two records.
static GIVEN_TWICE: AtomicU32 = AtomicU32::new(0);

fn family() -> impl Strategy<Value = [Registry; 3]> {
    let ours = edits(&ORDERLY, 3);
    let theirs = edits(&ORDERLY, 3);
    (edits(&ORDERLY, 60), ours, theirs).prop_map(|(before, ours, theirs)| {
        let base = edited(&empty(), &before, World::WIDE);
        let sides = [ours, theirs].map(|edits| edited(&base, &edits, World::WIDE));
        let [ours, theirs] = sides;
        [base, ours, theirs]
    })
}

fn agrees(family: &[Registry; 3]) -> Result<(), TestCaseError> {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let [base, ours, theirs] = family;
    let Some(text) = merged_as_text(dir.path(), [base, ours, theirs]) else {
        return Ok(());
    };
    let read = Registry::parse(&text).expect("a clean text merge is JSON of the schema");
    prop_assert!(read.duplicate_ids().is_empty(), "a clean text merge gave one identity twice");
    let excluded = holds_a_path_twice(&read)
        || family.iter().any(holds_a_path_twice)
        || !read.duplicate_origins().is_empty()
        || [ours, theirs].iter().any(|side| !has_all_of(side, base) || may_have_twins(base, side));
    if !excluded {
        CLEAN.fetch_add(1, Ordering::Relaxed);
        let text = String::from_utf8(text).expect("text");
        let mut settled = read;
        settled.keep_doc_ids_unique(&[ours.held_doc_ids(), theirs.held_doc_ids()]);
        let merged = m(base, ours, theirs).format();
        prop_assert_eq!(&merged, &settled.format());
        let given_twice = text != merged;
        GIVEN_TWICE.fetch_add(u32::from(given_twice), Ordering::Relaxed);
    }
    Ok(())
}

#[test]
fn a_clean_text_merge_is_the_merge() {
    let config =
        ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let result = runner.run(&family(), |family| agrees(&family));
    assert!(result.is_ok(), "{}", result.expect_err("just seen"));
    assert!(CLEAN.load(Ordering::Relaxed) >= 100, "hardly any text merge was clean: {CLEAN:?}");
}

#[test]
fn a_second_identity_that_both_branches_gave_is_settled_as_by_the_driver() {
    let record = |n: u64| {
        let id = format!("2010{n:06}260118").parse().expect("an identity");
        let origin = format!("{n:016x}").parse().expect("an origin");
        Allocation::new(id, path(&format!("file{n}")), at(0), origin)
    };
    let mut base = empty();
    base.allocations.extend((1..20).map(record));
    let given = |n: usize| {
        let mut side = base.clone();
        side.allocations[n].give_doc_id("DOC-1");
        side
    };
    let before = GIVEN_TWICE.load(Ordering::Relaxed);
    let family = [base.clone(), given(2), given(15)];
    assert!(agrees(&family).is_ok());
    assert!(GIVEN_TWICE.load(Ordering::Relaxed) > before);
    let [base, ours, theirs] = family;
    let merged = m(&base, &ours, &theirs);
    let keepers = merged.held_doc_ids();
    assert_eq!(keepers.keys().collect::<Vec<_>>(), [&base.allocations[2].origin]);
}
