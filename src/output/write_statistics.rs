//! What writers of the registry did in a clone.

use std::fmt;

use idhooks_core::registry::{Registry, in_order};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{CountersFile, WriteCounter, WriteCounts};
use serde::Serialize;

use super::count;

/// What a conflict is, and where to see it.
const CONFLICT: &str = " (another program had changed the registry or the index meanwhile: nothing was written; \
     'idhooks audit tail' lists stale patches)";

/// The counters of a clone, and the number of identities that its registry ever got.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct WriteStatistics {
    #[serde(flatten, serialize_with = "in_order")]
    counters: [(&'static str, u64); WriteCounter::WRITES.len()],
    allocations: usize,
    #[serde(skip)]
    counts: WriteCounts,
}

impl WriteStatistics {
    /// Reads the counters; `registry` has the identities.
    pub fn of(repo: &Repo, registry: Option<&Registry>) -> Self {
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

impl fmt::Display for WriteStatistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |counter| usize::try_from(self.counts.get(counter)).unwrap_or(usize::MAX);
        match (number(WriteCounter::Succeeded), number(WriteCounter::Attempted)) {
            (_, 0) => f.write_str("none yet in this clone")?,
            (succeeded, attempted) => write!(f, "{succeeded} of {attempted} succeeded")?,
        }
        for (counter, one, many) in [
            (WriteCounter::Conflicts, "conflict", "conflicts"),
            (WriteCounter::ValidationFailures, "validation failure", "validation failures"),
            (WriteCounter::Rollbacks, "rollback", "rollbacks"),
            (WriteCounter::BlockedCommits, "blocked commit", "blocked commits"),
        ] {
            if number(counter) > 0 {
                write!(f, ", {}", count(number(counter), one, many))?;
            }
            if counter == WriteCounter::Conflicts && number(counter) > 0 {
                f.write_str(CONFLICT)?;
            }
        }
        Ok(())
    }
}
