//! Lists what healing changes when a registry cannot be read.

use std::collections::BTreeSet;

use idhooks_core::registry::Registry;

use super::{healed_registries::registry_of, inconsistent::find_inconsistent};
use crate::events::Edit;
use crate::git::{CommitId, Repo};
use crate::state::StateError;

/// Returns the changes that healing makes if the registry in `tip` cannot be read, by comparing
/// `after` with the registries of the newest consistent commits before `tip`.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn healing_unreadable(
    repo: &Repo,
    tip: CommitId,
    after: &Registry,
) -> Result<Vec<Edit>, StateError> {
    let healed: BTreeSet<CommitId> = find_inconsistent(repo, &[tip])?.into_iter().collect();
    let mut before = Registry::new(after.scope);
    let (mut seen, mut known) = (BTreeSet::new(), BTreeSet::new());
    for id in &healed {
        let parents = repo.commit(*id)?.parents;
        for parent in parents.into_iter().filter(|id| repo.has_commit(*id)) {
            // Only the most recent consistent commits count. The registries of inconsistent commits
            // cannot be trusted, least of all the registry in `tip`.
            if healed.contains(&parent) || !seen.insert(parent) {
                continue;
            }
            let records = registry_of(repo, parent)?.map(|registry| registry.allocations);
            let records = records.into_iter().flatten();
            before.allocations.extend(records.filter(|record| known.insert(record.origin)));
        }
    }
    Ok(Edit::restored(&before, after))
}
