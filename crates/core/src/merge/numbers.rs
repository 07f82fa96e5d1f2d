//! Assigns an identity to each record by deferred acceptance.
//!
//! Every record first proposes its claim, then the sequences for its origin, in order, in the
//! claim's counter and then in each counter that continues it. Each identity keeps the
//! highest-ranking record that has proposed it, and the rejected record proposes again. Records that
//! claim an identity rank above records displaced to it; otherwise senior records rank higher. So a
//! file that has its first number keeps it, whatever is displaced elsewhere. The result does not
//! depend on the order of proposals, and thus not on the order of merges. Reservations and aliases
//! take no part: they only block new allocations.
//!
//! Since all identities rank displaced records alike, the result is known without any proposals: the
//! most senior record that claims an identity keeps it, and then each displaced record, in order of
//! seniority, takes the first identity on its list that is neither claimed nor taken.

use std::collections::{BTreeMap, btree_map::Entry};

use crate::registry::{
    Allocation, CounterKey, FreeIds, FreeSequences, Id, Numbering, Origin, Preference, Seniority,
    Sequence, Timestamp,
};

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

    fn seniority(&self) -> Seniority {
        (self.allocated_at, self.origin)
    }
}

/// Returns each claimant's identity. Sequences up to `bound` are left to another program.
///
/// `is_held` returns whether a record outside the claimants has and claims an identity; none of
/// these records may claim the same identity as a claimant.
///
/// # Errors
/// Returns the counter of a claim whose chain has too few sequences for its claimants.
pub(super) fn assign(
    claimants: impl IntoIterator<Item = Claimant>,
    numbering: Numbering,
    bound: u32,
    is_held: impl Fn(Id) -> bool,
) -> Result<BTreeMap<Origin, Id>, CounterKey> {
    let (mut holders, mut displaced) = (BTreeMap::new(), Vec::new());
    for claimant in claimants {
        match holders.entry(claimant.claim) {
            Entry::Vacant(entry) => drop(entry.insert(claimant)),
            Entry::Occupied(mut entry) if claimant.seniority() < entry.get().seniority() => {
                displaced.push(entry.insert(claimant));
            }
            Entry::Occupied(_) => displaced.push(claimant),
        }
    }
    // Almost always, no record is displaced.
    displaced.sort_unstable_by_key(Claimant::seniority);
    let mut free = FreeSequences::new(numbering);
    for claimant in displaced {
        let counter = claimant.claim.counter();
        let first = |counter| {
            let list = Preference::List(claimant.origin, bound);
            let is_free = |id: Id| !holders.contains_key(&id) && !is_held(id);
            let each_taken = &|_, _: &mut dyn FnMut(Sequence)| {};
            let ids = FreeIds { is_free: &is_free, is_free_for_all: &is_free, each_taken };
            free.first(counter, list, &ids)
        };
        let id = numbering.chain(counter).find_map(first).ok_or(counter)?;
        free.take(id);
        holders.insert(id, claimant);
    }
    Ok(holders.into_iter().map(|(id, claimant)| (claimant.origin, id)).collect())
}

#[cfg(test)]
#[path = "numbers_tests.rs"]
mod tests;
