//! The counts of writes of the registry in a clone.

use idhooks_core::registry::{Registry, in_order};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{CountersFile, WriteCounter, WriteCounts};
use serde::Serialize;

/// The counters of a clone, and the number of identities that its registry ever got.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct WriteStatistics {
    #[serde(flatten, serialize_with = "in_order")]
    counters: [(&'static str, u64); WriteCounter::WRITES.len()],
    allocations: usize,
    /// The same counters.
    #[serde(skip)]
    pub counts: WriteCounts,
}

impl WriteStatistics {
    /// Reads the counters; `registry` has the identities.
    pub fn read(repo: &Repo, registry: Option<&Registry>) -> Self {
        Self::new(CountersFile::in_dir(&repo.state_dir()).read(), registry)
    }

    /// Creates them from the counters of a clone; `registry` has the identities.
    pub fn new(counts: WriteCounts, registry: Option<&Registry>) -> Self {
        WriteStatistics {
            counters: WriteCounter::WRITES.map(|counter| (counter.as_str(), counts.get(counter))),
            allocations: registry.map_or(0, |registry| registry.allocations.len()),
            counts,
        }
    }
}
