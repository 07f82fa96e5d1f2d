//! Assigns an identity to each record by deferred acceptance.
//!
//! Every record first proposes its claim, then the sequences for its origin in order. Each sequence
//! keeps the highest-ranking record that has proposed to it, and the rejected record proposes
//! again. Records that claim a sequence rank above records displaced to it; otherwise senior
//! records rank higher. So a file that has its first number keeps it, whatever is displaced
//! elsewhere. The result does not depend on the order of proposals, and thus not on the order of
//! merges. Reservations and aliases take no part: they only block new allocations.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Allocation, CounterKey, Id, Origin, Seniority, Sequence, Timestamp};

/// The parts of a record that determine its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claimant {
    pub(super) origin: Origin,
    pub(super) allocated_at: Timestamp,
    pub(super) claim: Id,
}

impl Claimant {
    /// Returns the claimant that represents both versions of a record.
    pub(super) fn of(ours: &Allocation, theirs: &Allocation) -> Self {
        Claimant {
            origin: ours.origin,
            allocated_at: ours.allocated_at.min(theirs.allocated_at),
            claim: ours.claim.min(theirs.claim),
        }
    }
}

/// Returns each claimant's identity. Sequences up to `bound` are left to another program.
///
/// Given a claim, `rest` returns another claimant with that claim, at most once; that claimant then
/// takes part.
///
/// # Errors
/// Returns the counter that has too few sequences for its claimants.
pub(super) fn assign(
    mut claimants: Vec<Claimant>,
    bound: u32,
    mut rest: impl FnMut(Id) -> Option<Claimant>,
) -> Result<BTreeMap<Origin, Id>, CounterKey> {
    let claimed: BTreeSet<Id> = claimants.iter().map(|c| c.claim).collect();
    claimants.extend(claimed.into_iter().filter_map(&mut rest));
    let mut seen = BTreeSet::new();
    // If no number is claimed by two records, every record keeps its claim without any proposals.
    // This is almost always the case.
    let contested: BTreeSet<CounterKey> =
        claimants.iter().filter(|c| !seen.insert(c.claim)).map(|c| c.claim.counter()).collect();
    let mut ids: BTreeMap<Origin, Id> = claimants.iter().map(|c| (c.origin, c.claim)).collect();
    for counter in contested {
        let own = claimants.iter().filter(|c| c.claim.counter() == counter);
        let holder_of = |sequence| rest(counter.id(sequence));
        for (sequence, claimant) in assign_sequences(own, bound, holder_of).ok_or(counter)? {
            ids.insert(claimant.origin, counter.id(sequence));
        }
    }
    Ok(ids)
}

/// A claimant and the sequences it has not proposed to yet.
struct Proposer {
    claimant: Claimant,
    list: Box<dyn Iterator<Item = Sequence>>,
}

impl Proposer {
    fn new(claimant: Claimant, bound: u32) -> Self {
        let first = std::iter::once(claimant.claim.sequence());
        // The iterator is lazy: a list has 99,699 entries, and a displaced record usually needs
        // only one.
        let list = Box::new(first.chain(claimant.origin.sequences_above(bound)));
        Proposer { claimant, list }
    }

    /// Returns the claimant's rank at a sequence; each sequence keeps the claimant with the
    /// smallest rank.
    fn rank(&self, sequence: Sequence) -> (bool, Seniority) {
        // Each sequence still ranks all records in a fixed order; deferred acceptance needs no more
        // than this for a result that does not depend on the order of proposals.
        let is_displaced = self.claimant.claim.sequence() != sequence;
        (is_displaced, (self.claimant.allocated_at, self.claimant.origin))
    }
}

/// Assigns the sequences of one counter; `None` if a claimant gets none. A sequence that nobody has
/// proposed to may be held by a claimant from the rest.
fn assign_sequences<'a>(
    claimants: impl Iterator<Item = &'a Claimant>,
    bound: u32,
    mut rest: impl FnMut(Sequence) -> Option<Claimant>,
) -> Option<BTreeMap<Sequence, Claimant>> {
    let mut slots: BTreeMap<Sequence, Proposer> = BTreeMap::new();
    let proposer = |claimant| Proposer::new(claimant, bound);
    let mut waiting: Vec<Proposer> = claimants.copied().map(proposer).collect();
    while let Some(mut proposer) = waiting.pop() {
        let sequence = proposer.list.next()?;
        if !slots.contains_key(&sequence)
            && let Some(holder) = rest(sequence)
        {
            // The holder already has the first sequence on its list.
            let mut holder = Proposer::new(holder, bound);
            holder.list.next();
            slots.insert(sequence, holder);
        }
        match slots.get(&sequence) {
            Some(holder) if holder.rank(sequence) < proposer.rank(sequence) => {
                waiting.push(proposer);
            }
            _ => waiting.extend(slots.insert(sequence, proposer)),
        }
    }
    Some(slots.into_iter().map(|(sequence, p)| (sequence, p.claimant)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimant(origin: u64, day: u32, claim: &str) -> Claimant {
        Claimant {
            origin: format!("{origin:016x}").parse().expect("valid"),
            allocated_at: format!("2026-01-{day:02}T00:00:00Z").parse().expect("valid"),
            claim: claim.parse().expect("valid"),
        }
    }

    #[test]
    fn the_older_record_keeps_a_contested_identity() {
        let older = claimant(0xc122_650e_81a5_2c85, 1, "0110000007260118");
        let younger = claimant(0x70e6_65bf_65a8_d535, 2, "0110000007260118");
        for order in [[older, younger], [younger, older]] {
            let ids = assign(order.to_vec(), 0, |_| None).expect("there is room");
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
        let mut list = displaced.origin.sequences_above(0);
        assert_eq!(list.next(), Some(youngest.claim.sequence()));
        let next = list.next().map(|sequence| youngest.claim.counter().id(sequence));
        let rest = |id| (id == youngest.claim).then_some(youngest);
        for (known, rest) in [
            (vec![youngest, displaced, older], None),
            (vec![older, youngest, displaced], None),
            (vec![older, displaced], Some(rest)),
        ] {
            let rest = |id| rest.and_then(|rest| rest(id));
            let ids = assign(known, 0, rest).expect("there is room");
            assert_eq!(ids.get(&displaced.origin).copied(), next);
            assert_eq!(
                ids.get(&youngest.origin).copied().unwrap_or(youngest.claim),
                youngest.claim
            );
        }
    }

    #[test]
    fn a_displaced_record_leaves_the_band_of_the_other_program_alone() {
        let older = claimant(0xc122_650e_81a5_2c85, 1, "0110000007260118");
        let younger = claimant(0x70e6_65bf_65a8_d535, 2, "0110000007260118");
        for bound in [0, 69_653, 69_654, 90_000] {
            let ids = assign(vec![older, younger], bound, |_| None).expect("there is room");
            assert!(ids[&younger.origin].sequence().get() > bound);
            let first = younger.origin.sequences_above(bound).next();
            assert_eq!(Some(ids[&younger.origin].sequence()), first);
        }
    }

    #[test]
    fn a_full_counter_is_named() {
        let mut all: Vec<Claimant> =
            (1..=99_999).map(|n| claimant(n, 1, &format!("01100{n:05}260118"))).collect();
        assert!(assign(all.clone(), 0, |_| None).is_ok());
        all.push(claimant(100_000, 2, "0110000001260118"));
        assert_eq!(
            assign(all.clone(), 0, |_| None).map_err(|c| c.to_string()),
            Err("100_01_260118".to_owned())
        );
    }
}
