//! Adds the identities that a change allocates to the clone's allocation log.

use std::collections::BTreeSet;

use idhooks_core::plan::AllocationLog;
use idhooks_core::registry::Registry;

use crate::git::Repo;
use crate::store::AllocationLogFile;

/// Appends new identities that are missing from the allocation log, whose content is `given`.
/// Returns a warning, not an error, if the log cannot be written.
pub fn append_allocations(
    repo: &Repo,
    given: &AllocationLog,
    before: Option<&Registry>,
    after: &Registry,
) -> Option<String> {
    let known_origins: BTreeSet<_> =
        before.into_iter().flat_map(|r| &r.allocations).map(|r| r.origin).collect();
    let file = AllocationLogFile::in_dir(&repo.state_dir());
    let new_records = after.allocations.iter().filter(|r| !known_origins.contains(&r.origin));
    let new_records = new_records.filter(|r| given.find(r.origin) != Some((r.id, r.allocated_at)));
    let lines = new_records.map(|r| AllocationLog::line(r.origin, r.id, r.allocated_at));
    file.append(&lines.collect::<String>()).err().map(|error| error.to_string())
}
