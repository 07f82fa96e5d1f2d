//! The merge of counters: reservations and floors.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Counter, CounterKey, Id, Registry};

use super::facts::merge_objects;

/// Returns the counters of the result, whose records have these `claims`.
pub(super) fn merge_counters(
    base: &Registry,
    ours: &Registry,
    theirs: &Registry,
    claims: impl IntoIterator<Item = Id>,
) -> BTreeMap<CounterKey, Counter> {
    let mut taken: BTreeMap<CounterKey, BTreeSet<u32>> = BTreeMap::new();
    let keys: BTreeSet<CounterKey> =
        ours.counters.keys().chain(theirs.counters.keys()).copied().collect();
    if keys.is_empty() {
        return BTreeMap::new();
    }
    for claim in claims {
        taken.entry(claim.counter()).or_default().insert(claim.sequence().get());
    }
    let empty = Counter::default();
    let none_taken = BTreeSet::new();
    let merge = |key: CounterKey| {
        let of = |side: &Registry| side.counters.get(&key).cloned().unwrap_or_default();
        let base = base.counters.get(&key).unwrap_or(&empty);
        let (ours, theirs) = (of(ours), of(theirs));
        let held: BTreeSet<u32> = ours.reserved.union(&theirs.reserved).copied().collect();
        let taken = taken.get(&key).unwrap_or(&none_taken);
        let counter = Counter {
            reserved: held.difference(taken).copied().collect(),
            floor: ours.floor.max(theirs.floor),
            extra: merge_objects(&base.extra, &ours.extra, &theirs.extra),
        };
        (key, counter)
    };
    keys.into_iter().map(merge).filter(|(_, counter)| !counter.is_empty()).collect()
}
