//! [`LegacyFault`]: data in a legacy file that idhooks did not write.

use std::collections::BTreeSet;

use idhooks_core::registry::{Allocation, Id, Registry, RepoPath};

/// Data in a legacy file that idhooks did not write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegacyFault {
    /// Conflict markers.
    Conflicted,
    /// The file cannot be read; holds the reason.
    Unreadable(String),
    /// Only the legacy file has these records; empty if the two files differ in other ways.
    Records(Vec<(Id, RepoPath)>),
}

/// Returns the records that only the legacy file has.
pub fn only_in(legacy: &Registry, registry: &Registry) -> Vec<(Id, RepoPath)> {
    // Former numbers count as well, so a renumbered record is recognized.
    let known: BTreeSet<Id> = registry.allocations.iter().flat_map(Allocation::ids).collect();
    let only = legacy.allocations.iter().filter(|record| !known.contains(&record.id));
    only.map(|record| (record.id, record.path.clone())).collect()
}
