//! Statistics about registry writes in a clone.

use idhooks_core::registry::{Registry, in_order};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{CountersFile, WriteCounter, WriteCounts};
use serde::Serialize;

/// A clone's counters, and the number of identities that the registry has ever had.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct WriteStatistics {
    #[serde(flatten, serialize_with = "in_order")]
    counters: [(&'static str, u64); WriteCounter::WRITES.len()],
    allocations: usize,
    /// The same counters, for lookups.
    #[serde(skip)]
    pub counts: WriteCounts,
}

impl WriteStatistics {
    /// Reads the counters; the identities are taken from `registry`.
    pub fn read(repo: &Repo, registry: Option<&Registry>) -> Self {
        Self::new(CountersFile::in_dir(&repo.state_dir()).read(), registry)
    }

    /// Creates the statistics from a clone's counters; the identities are taken from `registry`.
    pub fn new(counts: WriteCounts, registry: Option<&Registry>) -> Self {
        WriteStatistics {
            counters: WriteCounter::WRITES.map(|counter| (counter.as_str(), counts.get(counter))),
            allocations: registry.map_or(0, |registry| registry.allocations.len()),
            counts,
        }
    }
}
