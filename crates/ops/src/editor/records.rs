//! [`RecordIndex`]: finds records by what references call them, without a pass over the registry.

use std::collections::HashMap;

use idhooks_core::registry::{Allocation, Id, Registry};
use idhooks_references::ReferenceTarget;

use crate::refs::{TargetLookup, reference_names};

/// The places of records in a registry, by each of their names.
#[derive(Debug, Default)]
pub(super) struct RecordIndex(HashMap<ReferenceTarget, Vec<usize>>);

impl RecordIndex {
    pub(super) fn new(registry: &Registry) -> Self {
        let mut places: HashMap<ReferenceTarget, Vec<usize>> = HashMap::new();
        for (place, record) in registry.allocations.iter().enumerate() {
            for name in reference_names(record) {
                let places = places.entry(name).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        RecordIndex(places)
    }

    /// Returns the record with this present identity.
    pub(super) fn find<'r>(&self, registry: &'r Registry, id: Id) -> Option<&'r Allocation> {
        let places = self.0.get(&ReferenceTarget::Id(id))?.iter();
        let mut records = places.filter_map(|place| registry.allocations.get(*place));
        records.find(|record| record.id == id)
    }

    /// Returns the records that these references name. `registry` is the one that was indexed.
    pub(super) fn lookup<'r, 't>(
        &self,
        registry: &'r Registry,
        targets: impl Iterator<Item = &'t ReferenceTarget> + Clone,
    ) -> TargetLookup<'r> {
        let mut places: Vec<usize> =
            targets.clone().filter_map(|target| self.0.get(target)).flatten().copied().collect();
        // The lookup takes the records in the order of the registry.
        places.sort_unstable();
        places.dedup();
        let records = places.iter().filter_map(|place| registry.allocations.get(*place));
        TargetLookup::among(registry, records, targets)
    }
}
