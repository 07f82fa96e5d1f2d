//! What must hold of every merge.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::Cursor;
use std::sync::atomic::{AtomicU32, Ordering};

use idhooks_core::merge::{
    MergeSide, SeekableText, Versions, contested, merge, merge_differing, merge_texts,
    merge_with_paths_of, side_of, smaller_side,
};
use idhooks_core::registry::{Allocation, Id, Json, Numbering, Origin, Registry, Splice};
use proptest::prelude::*;

use crate::common::cases;
use crate::laws::merge::edits::{ANY, ORDERLY, World, at, edited, edits, empty, path, reread};

/// How many families are merged by default, and with `IDHOOKS_TEST_ALL=1`.
const CASES: [u64; 2] = [1_000, 10_000];

/// A base and three registries that descend from it.
#[derive(Clone)]
struct Family {
    base: Registry,
    sides: [Registry; 3],
}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "base {}", self.base.format())?;
        self.sides.iter().try_for_each(|side| writeln!(f, "side {}", side.format()))
    }
}

/// Every fourth family has no base; half of the bases are the result of a merge themselves.
fn family() -> impl Strategy<Value = Family> {
    let old = (0..4u8, edits(&ANY, 6), edits(&ANY, 5), edits(&ANY, 5));
    let sides = [edits(&ANY, 7), edits(&ANY, 7), edits(&ANY, 7)];
    (old, sides).prop_map(|((kind, before, one, other), sides)| {
        let world = World::SMALL;
        let first = edited(&empty(), &before, world);
        let base = match kind {
            0 => empty(),
            1 => first,
            _ => m(&first, &edited(&first, &one, world), &edited(&first, &other, world)),
        };
        let sides = sides.map(|edits| edited(&base, &edits, world));
        Family { base, sides }
    })
}

pub(crate) fn m(base: &Registry, ours: &Registry, theirs: &Registry) -> Registry {
    merge(base, ours, theirs).expect("these can be merged")
}

pub(crate) fn ids(registry: &Registry) -> BTreeMap<Origin, Id> {
    registry.allocations.iter().map(|a| (a.origin, a.id)).collect()
}

pub(crate) fn has_all_of(registry: &Registry, other: &Registry) -> bool {
    let there: BTreeSet<Origin> = registry.allocations.iter().map(|a| a.origin).collect();
    other.allocations.iter().all(|a| there.contains(&a.origin))
}

/// Returns whether `side` can have come from `base` without anything dropped and made again:
/// dates and claims only ever get smaller, and no name is forgotten.
fn descends(side: &Registry, base: &Registry) -> bool {
    base.allocations.iter().all(|before| {
        let after = side.allocations.iter().find(|a| a.origin == before.origin);
        after.is_some_and(|after| {
            let named = |id: &Id| after.id == *id || after.aliases.contains(id);
            let grown = after.allocated_at <= before.allocated_at && after.claim <= before.claim;
            grown && named(&before.id) && before.aliases.iter().all(named)
        })
    })
}

/// Asserts what holds of each single merge.
pub(crate) fn assert_sound(base: &Registry, ours: &Registry, theirs: &Registry) -> Registry {
    let merged = m(base, ours, theirs);
    let text = merged.format();
    assert_eq!(m(base, theirs, ours).format(), text, "the sides are not equal");
    assert!(merged.is_consistent(), "an identity names two records");
    assert_eq!(reread(&merged), merged, "something is not in the text");
    assert_eq!(reread(&merged).format(), text, "not canonical");
    is_lazy(base, ours, theirs);
    for input in [base, ours, theirs] {
        assert!(has_all_of(&merged, input), "a record is lost");
    }
    for side in [ours, theirs] {
        assert_eq!(m(side, side, &merged).format(), text, "merging again changes something");
        assert_eq!(m(side, &merged, side).format(), text, "merging again changes something");
        if has_all_of(side, base) {
            assert_eq!(m(base, side, side).format(), side.format(), "agreement is changed");
        }
        if descends(side, base) {
            assert_eq!(m(base, base, side).format(), side.format(), "one side's work is changed");
        }
    }
    merged
}

/// Asserts that the merge of the texts is the merge of the parsed registries, and returns whether
/// it copied records without reading them.
fn is_lazy(base: &Registry, ours: &Registry, theirs: &Registry) -> bool {
    let [base, ours, theirs] = [base, ours, theirs].map(Registry::format);
    let texts = [base.as_bytes(), ours.as_bytes(), theirs.as_bytes()];
    let read = |text| Registry::parse(text).expect("what is written can be read");
    let [base, ours, theirs] = texts.map(read);
    let merged = merged_text(texts);
    let whole = m(&base, &ours, &theirs).format().into_bytes();
    assert_eq!(merged.over(texts[1]), Some(whole), "the texts lead elsewhere");
    let mut texts = texts.map(Cursor::new);
    let mut versions = texts.each_mut().map(|text| text as &mut dyn SeekableText);
    merge_differing(&mut versions).is_some()
}

fn merged_text(texts: [&[u8]; 3]) -> Splice {
    let mut texts = texts.map(Cursor::new);
    let versions = texts.each_mut().map(|text| text as &mut dyn SeekableText);
    let merged = merge_texts(versions).expect("memory can be read");
    merged.expect("these can be merged").text
}

fn turned(registry: &Registry, by: usize) -> Registry {
    let mut turned = registry.clone();
    let count = turned.allocations.len().max(1);
    turned.allocations.rotate_left(by % count);
    if by.is_multiple_of(2) {
        turned.allocations.reverse();
    }
    turned
}

/// Asserts what holds of a merge without a base, whichever side's paths it takes.
fn assert_sound_without_base(ours: &Registry, theirs: &Registry) {
    let parted = contested(ours, theirs);
    let turned = contested(theirs, ours);
    assert!(parted.iter().zip(&turned).all(|(one, other)| {
        (one.origin, &one.ours, &one.theirs) == (other.origin, &other.theirs, &other.ours)
    }));
    assert_eq!(parted.len(), turned.len(), "the sides are not equal");
    let [base, one, other] = [Vec::new(), ours.format().into(), theirs.format().into()];
    let versions = Versions::parse([&base, &one, &other]);
    assert_eq!(versions.merged().is_err(), !parted.is_empty(), "an outer call");
    assert_eq!(versions.stand_in(), m(&empty(), ours, theirs), "an inner call");
    if parted.is_empty() {
        return;
    }
    CONTESTED.fetch_add(1, Ordering::Relaxed);
    assert_ne!(smaller_side(&parted), smaller_side(&turned));
    for side in MergeSide::ALL {
        let merged = merge_with_paths_of(side, ours, theirs).expect("these can be merged");
        let back = merge_with_paths_of(side.reversed(), theirs, ours).expect("the same");
        assert_eq!(merged.format(), back.format(), "the sides are not equal");
        assert!(merged.is_consistent() && reread(&merged) == merged);
        assert!(has_all_of(&merged, ours) && has_all_of(&merged, theirs), "a record is lost");
        assert_eq!(ids(&merged), ids(&m(&empty(), ours, theirs)), "identities depend on paths");
        assert_eq!(side_of(&parted, &merged), Some(side), "paths of both sides");
        let records = merged.by_origin();
        assert!(parted.iter().all(|one| records[&one.origin].path == *one.path(side)));
        for known in [ours, theirs] {
            assert_eq!(m(known, known, &merged).format(), merged.format());
        }
    }
}

/// A registry in which the files of others have exchanged their identities, and edits after that.
fn exchanged() -> impl Strategy<Value = Registry> {
    let paths = Just(["d/0", "d/1", "d/2", "d/3"].to_vec()).prop_shuffle();
    (paths, edits(&ANY, 3)).prop_map(|(paths, edits)| {
        let mut registry = empty();
        for (n, name) in (1_u64..).zip(paths) {
            let id = format!("2010{n:06}260118").parse().expect("an identity");
            let origin = format!("{:016x}", 7_000 + n).parse().expect("an origin");
            registry.allocations.push(Allocation::new(id, path(name), at(0), origin));
        }
        edited(&registry, &edits, World::SMALL)
    })
}

/// How many pairs without a base had something contested.
static CONTESTED: AtomicU32 = AtomicU32::new(0);

#[test]
fn without_a_base_the_paths_of_one_side_are_taken_as_a_whole() {
    let config = ProptestConfig {
        cases: u32::try_from(cases("PROPTEST_CASES", CASES)).expect("a small number"),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let sides = || [exchanged(), exchanged()];
    let result = runner.run(&(family(), sides()), |(family, [one, other])| {
        let [a, b, _] = &family.sides;
        assert_sound_without_base(a, b);
        assert_sound_without_base(&one, &other);
        Ok(())
    });
    assert!(result.is_ok(), "{}", result.expect_err("just seen"));
    assert!(CONTESTED.load(Ordering::Relaxed) >= 50, "hardly anything is contested: {CONTESTED:?}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: u32::try_from(cases("PROPTEST_CASES", CASES)).expect("a small number"),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn laws(family in family(), turn in any::<[u8; 3]>()) {
        let Family { base: o, sides: [a, b, c] } = &family;
        let merged = assert_sound(o, a, b);
        let left = m(o, &merged, c);
        let right = m(o, a, &m(o, b, c));
        prop_assert_eq!(ids(&left), ids(&right));
        let [x, y, z] = turn.map(usize::from);
        let shuffled = m(&turned(o, x), &turned(a, y), &turned(b, z));
        prop_assert_eq!(shuffled, merged);
    }

    #[test]
    fn the_merge_of_what_differs_is_the_merge_of_the_whole(
        before in edits(&ORDERLY, 80),
        sides in [edits(&ORDERLY, 6), edits(&ORDERLY, 6)],
        wide in any::<bool>(),
    ) {
        let world = if wide { World::WIDE } else { World { sequences: 60, ..World::WIDE } };
        let base = edited(&empty(), &before, world);
        let [ours, theirs] = sides.map(|edits| edited(&base, &edits, world));
        is_lazy(&base, &ours, &theirs);
        is_lazy(&base, &theirs, &ours);
    }
}

#[test]
fn branches_that_only_add_move_and_retire_are_merged_by_what_differs() {
    let record = |n: u64| {
        let id = format!("2010{n:06}260118").parse().expect("an identity");
        let origin = format!("{n:016x}").parse().expect("an origin");
        Allocation::new(id, path(&format!("file{n}")), at(1), origin)
    };
    let with = |registry: &Registry, numbers: std::ops::Range<u64>| {
        let mut registry = registry.clone();
        registry.allocations.extend(numbers.map(record));
        registry
    };
    let base = with(&empty(), 100..200);
    let mut ours = with(&base, 200..210);
    ours.allocations[3].path = path("moved");
    ours.allocations[7].retire("deleted", Some(at(2)), None);
    let mut theirs = with(&with(&base, 210..220), 1..5);
    theirs.allocations[4].path = path("elsewhere");
    theirs.allocations[3].metadata.insert("owner".to_owned(), Json::string("somebody"));
    assert!(is_lazy(&base, &ours, &theirs));
    assert!(is_lazy(&base, &theirs, &ours));
    assert!(is_lazy(&base, &base, &theirs));
}

#[test]
fn numbers_that_collide_are_settled_with_the_records_that_hold_them() {
    let record = |n: u64, sequence: u32, day: u8| {
        let id: Id = format!("20100{sequence:05}260118").parse().expect("an identity");
        let origin = format!("{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let origin = origin.parse().expect("an origin");
        Allocation::new(id, path(&format!("file{n}")), at(day), origin)
    };
    let with = |registry: &Registry, records: &[&Allocation]| {
        let mut registry = registry.clone();
        registry.allocations.extend(records.iter().copied().cloned());
        registry
    };
    // One that everybody has is first, second or last, elder or younger than the two that
    // collide, and holds the number that the younger of these would go to: it keeps that.
    let (elder, younger) = (record(1, 500, 1), record(2, 500, 2));
    let list = |origin| Numbering::FORMAT.sequences(origin, 0).map(|sequence| sequence.get());
    let next: Vec<u32> = list(younger.origin).take(2).collect();
    for (other, more) in [(1, 99_999), (1, 2), (99_998, 99_999)] {
        for day in [0, 3] {
            let holder = record(3, next[0], day);
            let second = record(4, next[1], day);
            let base = with(&empty(), &[&holder, &record(5, other, 0), &record(6, more, 0)]);
            for base in [with(&base, &[&second]), base] {
                let (ours, theirs) = (with(&base, &[&elder]), with(&base, &[&younger]));
                assert!(is_lazy(&base, &ours, &theirs));
                assert!(is_lazy(&base, &theirs, &ours));
                let merged = m(&base, &ours, &theirs);
                assert_eq!(ids(&merged)[&holder.origin], holder.id);
                // What has another number than it claims is no hindrance later.
                let third = with(&merged, &[&record(7, 77, 4)]);
                let fourth = with(&merged, &[&record(8, 77, 4)]);
                assert!(is_lazy(&merged, &third, &fourth));
                assert!(is_lazy(&merged, &fourth, &third));
            }
        }
    }
    // One that was itself displaced to that number, by one that is not in the way, gives way to an elder one.
    let is_first = |record: &Allocation| list(record.origin).next() == Some(next[0]);
    let displaced = (10..).map(|n| record(n, 900, 3)).find(is_first);
    let first = record(9, 900, 0);
    for day in [1, 3] {
        let mut holder = displaced.clone().expect("one of them");
        (holder.id, holder.allocated_at) = (record(3, next[0], 3).id, at(day));
        let base = with(&empty(), &[&first, &holder]);
        let (ours, theirs) = (with(&base, &[&elder]), with(&base, &[&younger]));
        assert_eq!(ids(&m(&base, &ours, &theirs))[&holder.origin] == holder.id, day == 1);
        assert!(is_lazy(&base, &ours, &theirs));
        assert!(is_lazy(&base, &theirs, &ours));
    }
}

#[test]
fn two_records_at_one_path_that_nobody_settled_are_settled_by_the_merge() {
    let record = |n: u64, path: &str| {
        format!(
            r#"{{"id":"2010{n:06}260118","file_path":"{path}","allocated_at":"2026-01-01T00:00:00Z","status":"active","metadata":{{"origin":"{n:016x}"}}}}"#
        )
    };
    let text = |records: &[String]| {
        let head = empty().format();
        head.replace("[\n]", &format!("[\n{}\n]", records.join(",\n")))
    };
    let twice = [record(1, "same"), record(2, "same")];
    let ours = text(&[&twice[..], &[record(3, "ours")]].concat());
    let theirs = text(&[&twice[..], &[record(4, "theirs")]].concat());
    let base = text(&twice);
    let read = |text: &str| Registry::parse(text.as_bytes()).expect("a registry");
    let whole = m(&read(&base), &read(&ours), &read(&theirs)).format();
    assert!(whole.contains("shadowed"));
    let merged = merged_text([&base, &ours, &theirs].map(|text| text.as_bytes()));
    assert_eq!(merged.over(ours.as_bytes()), Some(whole.into()));
}
