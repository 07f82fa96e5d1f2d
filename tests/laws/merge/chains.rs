//! Counters that overflow: the format's own code, with counters of seven numbers and chains of three.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use idhooks_core::config::Config;
use idhooks_core::merge::{SeekableText, merge_differing_numbered, merge_numbered};
use idhooks_core::plan::Allocator;
use idhooks_core::registry::{Allocation, CounterKey, Id, Numbering, Origin, Registry};

use crate::common::{Dice, cases};
use crate::laws::merge::edits::{at, empty, path, reread};
use crate::laws::merge::laws::ids;

/// Seven numbers in a counter, which continues in 999 and 998.
pub(crate) const SMALL: Numbering =
    Numbering { blocks: 4, block_size: 2, listed: 2, steps: 1, shared: 2 };

/// How many families there are by default, and with `IDHOOKS_TEST_ALL=1`.
const FAMILIES: [u64; 2] = [160, 4_000];

fn config(dice: &mut Dice) -> Config {
    let strategy = *dice.choose(&["scattered", "scattered", "sequential"]);
    Config::parse(&format!("[allocation]\nstrategy = \"{strategy}\"\n")).expect("rules")
}

/// Returns the registry after a branch added up to so many files; fewer if there is no room.
fn with_files(dice: &mut Dice, base: &Registry, config: &Config, most: usize) -> Registry {
    let mut registry = base.clone();
    for _ in 0..=dice.roll(most) {
        let namespace = *dice.choose(&["100", "100", "101", "999", "998"]);
        let counter: CounterKey = format!("{namespace}_20_260118").parse().expect("a counter");
        let number = dice.roll(1 << 30);
        let origin: Origin = format!("{number:016x}").parse().expect("an origin");
        let day = at(u8::try_from(dice.roll(5)).expect("small"));
        let mut allocator = Allocator::new(config, &registry, None, None).numbered(SMALL);
        let Some((id, _)) = allocator.choose(counter, origin, day) else { continue };
        let path = path(&format!("f{number}"));
        registry.allocations.push(Allocation::new(id, path, day, origin));
    }
    reread(&registry)
}

/// Returns the merge, or `None` if there are too few numbers. Its laws are asserted.
fn merged(base: &Registry, ours: &Registry, theirs: &Registry) -> Option<Registry> {
    let merge = |ours, theirs| merge_numbered(SMALL, base, ours, theirs).ok();
    let merged = merge(ours, theirs);
    let text = merged.as_ref().map(Registry::format);
    assert_eq!(merge(theirs, ours).map(|merged| merged.format()), text, "the sides are not equal");
    // What is read in parts leads to the same.
    let texts = [base, ours, theirs].map(|registry| registry.format().into_bytes());
    let mut cursors = texts.each_ref().map(Cursor::new);
    let mut versions = cursors.each_mut().map(|text| text as &mut dyn SeekableText);
    let partial = merge_differing_numbered(SMALL, &mut versions);
    let partial = partial.map(|merged| merged.text.over(&texts[1]).expect("a splice of ours"));
    assert!(partial.is_none_or(|partial| Some(partial) == text.clone().map(String::into_bytes)));
    let merged = merged?;
    assert!(merged.is_consistent());
    assert_eq!(merge_numbered(SMALL, ours, ours, &merged), Ok(merged.clone()));
    assert_eq!(reread(&merged).format(), merged.format());
    for record in &merged.allocations {
        // Whoever claims a number keeps it before one that is displaced to it.
        let chain: Vec<CounterKey> = SMALL.chain(record.claim.counter()).collect();
        assert!(chain.contains(&record.id.counter()), "{} of {}", record.id, record.claim);
        let is_elder = |one: &&Allocation| one.claim == record.id && one.id != one.claim;
        assert!(record.id == record.claim || !merged.allocations.iter().any(|one| is_elder(&one)));
    }
    Some(merged)
}

type IdMap = Option<BTreeMap<Origin, Id>>;

#[test]
fn three_branches_that_overflow_give_the_same_in_every_order() {
    let (mut full, mut crossing, mut chosen) = (0, 0, 0);
    for seed in 0..cases("PROPTEST_CASES", FAMILIES) {
        let mut dice = Dice::new(seed);
        let config = config(&mut dice);
        let base = with_files(&mut dice, &empty(), &config, 8);
        let sides = [(); 3].map(|()| with_files(&mut dice, &base, &config, 10));
        let mut results: BTreeSet<IdMap> = BTreeSet::new();
        for [a, b, c] in [[0, 1, 2], [0, 2, 1], [1, 2, 0]].map(|order| order.map(|n| &sides[n])) {
            let both = merged(&base, a, b);
            let all = both.as_ref().and_then(|both| merged(&base, both, c));
            // The third branch may also come by a merge into one of the others.
            let other = both.as_ref().zip(merged(&base, b, c));
            let other = other.and_then(|(both, other)| merged(b, both, &other));
            results.extend([all, other].map(|all| all.as_ref().map(ids)));
        }
        assert_eq!(results.len(), 1, "seed {seed}: {results:?}");
        let result = results.pop_first().expect("one");
        full += usize::from(result.is_none());
        let claims: BTreeMap<Origin, Id> =
            sides.iter().flat_map(|side| &side.allocations).map(|a| (a.origin, a.claim)).collect();
        let crosses = |(origin, id): (&Origin, &Id)| claims[origin].counter() != id.counter();
        crossing += usize::from(result.is_some_and(|ids| ids.iter().any(crosses)));
        let is_shared = |a: &Allocation| SMALL.is_shared(a.claim.namespace());
        chosen += usize::from(base.allocations.iter().any(is_shared));
    }
    assert!(full > 3 && crossing > 20 && chosen > 20, "{full} {crossing} {chosen}");
}

#[test]
fn clones_that_merge_as_they_please_agree_in_the_end() {
    let mut crossing = 0;
    for seed in 0..cases("PROPTEST_CASES", FAMILIES) / 4 {
        let mut dice = Dice::new(seed);
        let config = config(&mut dice);
        let base = with_files(&mut dice, &empty(), &config, 3);
        let mut clones = vec![base.clone(); 4];
        for _ in 0..8 {
            let (one, other) = (dice.roll(4), dice.roll(4));
            if dice.roll(2) == 0 {
                clones[one] = with_files(&mut dice, &clones[one], &config, 5);
            } else if let Some(merged) = merged(&base, &clones[one], &clones[other]) {
                clones[one] = merged;
            }
        }
        let all = |order: [usize; 4]| -> IdMap {
            let fold = |sum: Option<Registry>, n: usize| merged(&base, &sum?, &clones[n]);
            order.into_iter().fold(Some(base.clone()), fold).as_ref().map(ids)
        };
        let result = all([0, 1, 2, 3]);
        for order in [[3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
            assert_eq!(all(order), result, "seed {seed}, {order:?}");
        }
        let claims = clones.iter().flat_map(|one| &one.allocations);
        let claims: BTreeMap<Origin, Id> = claims.map(|one| (one.origin, one.claim)).collect();
        let crosses = |(origin, id): (&Origin, &Id)| claims[origin].counter() != id.counter();
        crossing += usize::from(result.is_some_and(|ids| ids.iter().any(crosses)));
    }
    assert!(crossing > 3, "{crossing}");
}
