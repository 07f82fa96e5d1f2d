//! [`LegacyTally`]: the number of records that a registry and its legacy file have in common.

use std::collections::BTreeSet;

use idhooks_core::registry::{Id, Registry};

use super::LegacyState;

/// The number of records in a registry and its legacy file, grouped by how they compare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LegacyTally {
    /// Records that are in both, with the same values.
    pub in_step: usize,
    /// Records that are in both, with different values.
    pub differing: usize,
    /// Records that are only in the registry.
    pub only_registry: usize,
    /// Records that are only in the legacy file.
    pub only_legacy: usize,
}

impl LegacyTally {
    /// Compares a registry with a legacy file in this state and counts the records. Returns `None`
    /// if the file cannot be read, or if its text differs and it has no records to compare.
    pub fn of(state: &LegacyState, registry: &Registry, has_records: bool) -> Option<Self> {
        let own = registry.allocations.len();
        let all = match state {
            LegacyState::InStep => &[][..],
            LegacyState::Missing => {
                return Some(LegacyTally { only_registry: own, ..Self::default() });
            }
            LegacyState::Differs(all) if has_records => all,
            _ => return None,
        };
        let (whole, fields): (Vec<_>, Vec<_>) = all.iter().partition(|one| one.is_of_record());
        // A record with several differences is only counted once.
        let differing = fields.iter().map(|one| one.id).collect::<BTreeSet<Id>>().len();
        let only_registry = whole.iter().filter(|one| one.new.is_some()).count();
        let only_legacy = whole.len() - only_registry;
        let in_step = own - differing - only_registry;
        Some(LegacyTally { in_step, differing, only_registry, only_legacy })
    }

    /// Returns the number of records in each state, with machine-readable names.
    pub fn states(&self) -> [(&'static str, usize); 4] {
        [
            ("in_step", self.in_step),
            ("differs", self.differing),
            ("only_registry", self.only_registry),
            ("only_legacy", self.only_legacy),
        ]
    }

    /// Returns the number of records in the legacy file.
    pub fn legacy_records(&self) -> usize {
        self.in_step + self.differing + self.only_legacy
    }

    /// Returns the share of all records that are in step, from 0 to 1; it is 1 if there are no
    /// records.
    pub fn progress(&self) -> f64 {
        match self.states().iter().map(|(_, count)| count).sum::<usize>() {
            0 => 1.0,
            all => self.in_step as f64 / all as f64,
        }
    }
}
