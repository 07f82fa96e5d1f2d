//! Tests for the assignment of identities.

use super::*;
use crate::registry::Sequence;

/// Counters of seven sequences, each continued in three namespaces.
const SMALL: Numbering = Numbering { blocks: 4, block_size: 2, listed: 2, steps: 1, shared: 3 };

fn claimant(origin: u64, day: u32, claim: &str) -> Claimant {
    Claimant {
        origin: format!("{origin:016x}").parse().expect("valid"),
        allocated_at: format!("2026-01-{day:02}T00:00:00Z").parse().expect("valid"),
        claim: claim.parse().expect("valid"),
    }
}

fn assign_all(claimants: &[Claimant], bound: u32) -> BTreeMap<Origin, Id> {
    let ids = assign(claimants.to_vec(), Numbering::FORMAT, bound, |_| false);
    ids.expect("there is room")
}

#[test]
fn the_older_record_keeps_a_contested_identity() {
    let older = claimant(0xc122_650e_81a5_2c85, 1, "0110000007260118");
    let younger = claimant(0x70e6_65bf_65a8_d535, 2, "0110000007260118");
    for order in [[older, younger], [younger, older]] {
        let ids = assign_all(&order, 0);
        assert_eq!(ids[&older.origin], older.claim);
        assert_eq!(ids[&younger.origin].to_string(), "0110069654260118");
    }
}

#[test]
fn a_displaced_record_displaces_none_that_has_its_first_number() {
    // The first sequence on its list is a younger record's claim.
    let older = claimant(1, 1, "0110000007260118");
    let displaced = claimant(0x70e6_65bf_65a8_d535, 2, "0110000007260118");
    let youngest = claimant(0xc122_650e_81a5_2c85, 3, "0110069654260118");
    let mut list = Numbering::FORMAT.sequences(displaced.origin, 0);
    assert_eq!(list.next(), Some(youngest.claim.sequence()));
    let next = list.next().map(|sequence| youngest.claim.counter().id(sequence));
    for (known, is_read) in [
        (vec![youngest, displaced, older], true),
        (vec![older, youngest, displaced], true),
        (vec![older, displaced], false),
    ] {
        let is_held = |id| !is_read && id == youngest.claim;
        let ids = assign(known, Numbering::FORMAT, 0, is_held).expect("there is room");
        assert_eq!(ids.get(&displaced.origin).copied(), next);
        assert_eq!(ids.get(&youngest.origin).copied().unwrap_or(youngest.claim), youngest.claim);
    }
}

#[test]
fn a_displaced_record_leaves_the_band_of_the_other_program_alone() {
    let older = claimant(0xc122_650e_81a5_2c85, 1, "0110000007260118");
    let younger = claimant(0x70e6_65bf_65a8_d535, 2, "0110000007260118");
    for bound in [0, 69_653, 69_654, 90_000] {
        let ids = assign_all(&[older, younger], bound);
        assert!(ids[&younger.origin].sequence().get() > bound);
        let first = Numbering::FORMAT.sequences(younger.origin, bound).next();
        assert_eq!(Some(ids[&younger.origin].sequence()), first);
    }
}

#[test]
fn a_full_counter_goes_on_in_999() {
    let mut all: Vec<Claimant> =
        (1..=99_999).map(|n| claimant(n, 1, &format!("01100{n:05}260118"))).collect();
    let displaced = claimant(100_000, 2, "0110000001260118");
    // The first identity that it would get there is claimed.
    let mut list = Numbering::FORMAT.sequences(displaced.origin, 0).map(Sequence::get);
    let [first, second] = [list.next(), list.next()].map(|n| n.expect("a sequence"));
    all.push(claimant(100_001, 3, &format!("01999{first:05}260118")));
    all.push(displaced);
    let ids = assign_all(&all, 0);
    assert_eq!(ids[&displaced.origin].to_string(), format!("01999{second:05}260118"));
    assert!(all.iter().all(|one| *one == displaced || ids[&one.origin] == one.claim));
    // So it is if the others are not read.
    let is_held = |id: Id| id != all[0].claim && all.iter().any(|one| one.claim == id);
    let is_held = |id: Id| id.namespace().get() == 100 || is_held(id);
    let some = assign([all[0], displaced], Numbering::FORMAT, 0, is_held).expect("there is room");
    assert_eq!(some[&displaced.origin], ids[&displaced.origin]);
}

/// Random claimants in the counters of a few namespaces, where chains meet.
fn crowd(seed: u64) -> Vec<Claimant> {
    let mut state = seed;
    let mut roll = |sides: u64| {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 33) % sides
    };
    let count = 2 + roll(34);
    let one = |n: u64| {
        let namespace = [100, 101, 999, 998, 997][roll(5).min(roll(5)) as usize];
        let claim = format!("20{namespace}{:05}260118", 1 + roll(7));
        claimant(roll(1 << 30) * 64 + n, 1 + roll(4) as u32, &claim)
    };
    (0..count).map(one).collect()
}

/// The textbook form of deferred acceptance: claimants propose in this order, and identities rank
/// them.
fn proposed(mut waiting: Vec<Claimant>, by_counter: bool) -> Option<BTreeMap<Origin, Id>> {
    let list = |claimant: &Claimant| -> Vec<Id> {
        let chain = SMALL.chain(claimant.claim.counter());
        let ids = chain.take(if by_counter { 1 } else { 4 }).flat_map(|counter| {
            SMALL.sequences(claimant.origin, 0).map(move |sequence| counter.id(sequence))
        });
        std::iter::once(claimant.claim).chain(ids).collect()
    };
    let mut proposals: BTreeMap<Origin, usize> = BTreeMap::new();
    let mut slots: BTreeMap<Id, Claimant> = BTreeMap::new();
    while let Some(proposer) = waiting.pop() {
        let proposal = proposals.entry(proposer.origin).or_default();
        let id = *list(&proposer).get(*proposal)?;
        *proposal += 1;
        let rank = |one: &Claimant| (one.claim != id, one.allocated_at, one.origin);
        match slots.get(&id) {
            Some(holder) if rank(holder) < rank(&proposer) => waiting.insert(0, proposer),
            _ => waiting.extend(slots.insert(id, proposer)),
        }
    }
    Some(slots.into_iter().map(|(id, claimant)| (claimant.origin, id)).collect())
}

#[test]
fn the_result_is_that_of_deferred_acceptance_in_any_order() {
    let (mut full, mut elsewhere, mut refused) = (0, 0, 0);
    for seed in 0..600 {
        let mut all = crowd(seed);
        let ids = assign(all.clone(), SMALL, 0, |_| false).ok();
        for turn in 0..2 {
            assert_eq!(proposed(all.clone(), false), ids, "seed {seed}, turn {turn}");
            let at = seed as usize * 7 % all.len();
            all.rotate_left(at);
            all.swap(0, at);
        }
        // A program that knows no chains refuses, or agrees.
        let before = proposed(all.clone(), true);
        assert!(before.is_none() || before == ids, "seed {seed}");
        full += usize::from(ids.is_none());
        refused += usize::from(ids.is_some() && before.is_none());
        let crosses = |one: &Claimant| {
            ids.as_ref().is_some_and(|ids| ids[&one.origin].counter() != one.claim.counter())
        };
        elsewhere += usize::from(all.iter().any(crosses));
    }
    assert!(full > 3 && elsewhere > 200 && refused >= elsewhere, "{full} {elsewhere} {refused}");
}

#[test]
fn a_full_chain_is_named() {
    // Room for 28 in a chain of four counters, and one claim that no list has.
    let full: Vec<Claimant> = (1..=29).map(|n| claimant(n, 1, "2010000001260118")).collect();
    let ids = assign(full[..28].to_vec(), SMALL, 0, |_| false).expect("there is room");
    let namespaces = ids.values().map(|id| id.namespace().get());
    assert!(
        [100, 999, 998, 997]
            .into_iter()
            .all(|namespace| { namespaces.clone().filter(|one| *one == namespace).count() == 7 })
    );
    let refused = assign(full, SMALL, 0, |_| false).map_err(|counter| counter.to_string());
    assert_eq!(refused, Err("100_20_260118".to_owned()));
}
