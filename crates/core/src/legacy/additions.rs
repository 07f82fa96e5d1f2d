//! The origins of records that another program has added to a legacy file.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Id, Origin, Registry};

/// Gives an origin to each record of a legacy file that has none and that `base`, an earlier version,
/// does not have: that of a record of `others` with the same identity and path, or a new one.
///
/// A record of another path is another allocation, even with the same identity: two branches counted.
/// The records that the base has get their origins when both are merged.
pub fn place_additions(edited: &mut Registry, base: &Registry, others: &[&Registry]) {
    if !edited.allocations.iter().any(|record| record.origin_is_derived) {
        return;
    }
    let before: BTreeSet<Id> = base.allocations.iter().map(|record| record.id).collect();
    let stored = others.iter().flat_map(|other| &other.allocations);
    let stored = stored.filter(|record| !record.origin_is_derived);
    let known: BTreeMap<_, Origin> =
        stored.map(|record| ((record.id, &record.path), record.origin)).collect();
    let mut own: BTreeSet<Origin> = edited.allocations.iter().map(|record| record.origin).collect();
    for record in &mut edited.allocations {
        if !record.origin_is_derived || before.contains(&record.id) {
            continue;
        }
        let known = known.get(&(record.id, &record.path)).copied();
        record.origin = known
            .filter(|origin| own.insert(*origin))
            .unwrap_or_else(|| Origin::of_addition(record.id, record.allocated_at, &record.path));
        record.origin_is_derived = false;
    }
}
