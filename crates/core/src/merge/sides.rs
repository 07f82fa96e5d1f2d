//! Prepares the three inputs: same scope, consistent, every record with its final origin, and a
//! stand-in for every record that a side lacks.

use std::collections::BTreeMap;

use crate::registry::{Allocation, Origin, Registry, Status, reason};

use super::error::{MergeError, MergeInput};

/// The records of one input, by origin.
pub(super) type RecordMap = BTreeMap<Origin, Allocation>;

/// Returns copies of the inputs in which each record has its final origin.
///
/// # Errors
/// Returns an error if the scopes of the sides differ, or an input has an identity or origin twice.
pub(super) fn prepare(
    base: &Registry,
    ours: &Registry,
    theirs: &Registry,
) -> Result<[Registry; 3], MergeError> {
    if ours.scope != theirs.scope {
        let [base, ours, theirs] = [base.scope, ours.scope, theirs.scope];
        return Err(MergeError::Scopes { base, ours, theirs });
    }
    // After subtree merges, the base may be a commit of the other repository, whose registry does
    // not apply to these paths.
    let nothing = Registry::new(ours.scope);
    let base = if base.scope == ours.scope { base } else { &nothing };
    for (input, registry) in
        [(MergeInput::Base, base), (MergeInput::Ours, ours), (MergeInput::Theirs, theirs)]
    {
        if !registry.is_consistent() {
            let ids = registry.duplicate_ids();
            let origins = registry.duplicate_origins();
            return Err(MergeError::Inconsistent { input, ids, origins });
        }
    }
    let base = base_with_origins(base, ours, theirs);
    let mut new_ours = ours.clone();
    let mut new_theirs = theirs.clone();
    for (side, other) in [(&mut new_ours, theirs), (&mut new_theirs, ours)] {
        side.adopt_origins(&base);
        side.adopt_origins(other);
    }
    Ok([base, new_ours, new_theirs])
}

/// Returns the base with the origins that the sides now have; where they differ, with the smaller
/// one, so that neither side is preferred.
fn base_with_origins(base: &Registry, ours: &Registry, theirs: &Registry) -> Registry {
    let mut result = base.clone();
    if !base.allocations.iter().any(|a| a.origin_is_derived) {
        return result;
    }
    let smallest = |one: &Registry, other: &Registry| {
        let mut copy = base.clone();
        copy.adopt_origins(one);
        copy.adopt_origins(other);
        copy
    };
    let by_ours = smallest(ours, theirs);
    let by_theirs = smallest(theirs, ours);
    let candidates = by_ours.allocations.iter().zip(&by_theirs.allocations);
    for (record, (one, other)) in result.allocations.iter_mut().zip(candidates) {
        record.origin = one.origin.min(other.origin);
        // A derived origin becomes final: the sides adopt it.
        record.origin_is_derived = false;
    }
    if result.is_consistent() { result } else { base.clone() }
}

/// Returns the records of a side; a record of the base that it lacks counts as reverted there.
pub(super) fn complete(base: &RecordMap, side: &Registry) -> RecordMap {
    let mut records = by_origin(side);
    for (origin, record) in base {
        records.entry(*origin).or_insert_with(|| reverted(record));
    }
    records
}

/// Returns the records of a registry by origin.
pub(super) fn by_origin(registry: &Registry) -> RecordMap {
    registry.allocations.iter().map(|a| (a.origin, a.clone())).collect()
}

fn reverted(record: &Allocation) -> Allocation {
    let mut record = record.clone();
    if record.is_active() {
        record.set_status(Status::Deprecated);
        record.retire(reason::REVERTED, None, None);
    }
    record
}
