//! Prepares the three inputs so that they have the same scope and are consistent, every record has
//! its final origin, and each side has a stand-in for every record that it lacks. [`MergeError`]:
//! why registries cannot be merged.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Allocation, CounterKey, Id, Origin, Registry, Scope, Status, reason};

/// One input's records, by origin.
pub(super) type RecordMap = BTreeMap<Origin, Allocation>;

/// Returns copies of the inputs in which every record has its final origin.
///
/// # Errors
/// Returns an error if the sides' scopes differ, or an input contains an identity or origin twice.
pub(super) fn prepare(
    base: &Registry,
    ours: &Registry,
    theirs: &Registry,
) -> Result<[Registry; 3], MergeError> {
    if ours.scope != theirs.scope {
        let [base, ours, theirs] = [base.scope, ours.scope, theirs.scope];
        return Err(MergeError::Scopes { base, ours, theirs });
    }
    // After a subtree merge, the base may be a commit in another repository, whose registry does
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
        // Origins are adopted from the base first, so that both sides adopt the same ones.
        side.adopt_origins(&base);
        side.adopt_origins(other);
    }
    Ok([base, new_ours, new_theirs])
}

/// Returns the base with the origins that the sides now have. Where the sides differ, the base gets
/// the smaller origin, so that neither side is preferred.
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
        // Derived origins become final when the sides adopt them.
        record.origin_is_derived = false;
    }
    // Two records sharing an origin would be worse than one record not being recognized.
    if result.is_consistent() { result } else { base.clone() }
}

/// Returns a side's records; a base record that the side lacks counts as reverted on that side.
pub(super) fn complete(base: &RecordMap, side: &Registry) -> RecordMap {
    let mut records = by_origin(side);
    for (origin, record) in base {
        // The registry never shrinks: reverting the commit that added a record removes its line,
        // but the identity has been published and must not be allocated again.
        records.entry(*origin).or_insert_with(|| reverted(record));
    }
    records
}

/// Returns a registry's records by origin.
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

crate::words! {
    /// One of the three inputs of a merge.
    pub enum MergeInput {
        /// The version that both sides are based on.
        Base = "base",
        /// The checked-out side.
        Ours = "ours",
        /// The side being merged in.
        Theirs = "theirs",
    }
}

/// The reason registries cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// The inputs belong to different repositories.
    #[error("the registries have different scopes: base {base}, ours {ours}, theirs {theirs}")]
    Scopes {
        /// The base's scope.
        base: Scope,
        /// Our side's scope.
        ours: Scope,
        /// Their side's scope.
        theirs: Scope,
    },
    /// Two records in one input have the same identity or origin.
    #[error("{input}: more than one record has the same {}", listed(.ids, .origins))]
    Inconsistent {
        /// The input.
        input: MergeInput,
        /// Identities shared by several records.
        ids: BTreeSet<Id>,
        /// Origins shared by several records.
        origins: BTreeSet<Origin>,
    },
    /// No free sequence is left for a displaced record.
    #[error("CAPACITY: no sequence is left in counter {counter} and those it continues in")]
    Capacity {
        /// The counter that is full, along with its chain.
        counter: CounterKey,
    },
}

fn listed(ids: &BTreeSet<Id>, origins: &BTreeSet<Origin>) -> String {
    let ids = ids.iter().map(|id| format!("identity {id}"));
    let origins = origins.iter().map(|origin| format!("origin {origin}"));
    ids.chain(origins).collect::<Vec<_>>().join(", ")
}
