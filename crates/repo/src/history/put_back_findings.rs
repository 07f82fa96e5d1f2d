//! The `IDENTITY_CHANGED` findings for files that commits without hooks remove and put back, or
//! give a different embedded identity, without changing the registry.
//!
//! The registry still has the path's record, as if the file had never been gone, so such a commit
//! agrees with its parent without having decided anything. Whether the path still has the same file
//! depends on the commits in between, as for any commit that has to be healed.

use std::collections::BTreeSet;

use idhooks_core::check::{Code, Finding, is_file};
use idhooks_core::registry::{Allocation, Registry, RepoPath, Tree};

/// Returns a finding for each of `paths`, which were left to healing, that belongs to one record in
/// `registry` and to another in `healed`.
pub(super) fn put_back(
    paths: &BTreeSet<RepoPath>,
    registry: &Registry,
    healed: &Registry,
    tree: &Tree,
) -> Vec<Finding> {
    let [stored, decided] = [registry, healed].map(|one| one.holders(|path| is_file(tree, path)));
    let there = paths.iter().filter(|path| is_file(tree, path));
    let disputed = there.filter_map(|path| {
        let (record, holder) = (stored.get(path)?, decided.get(path)?);
        (record.origin != holder.origin).then(|| finding(record, holder))
    });
    disputed.collect()
}

fn finding(record: &Allocation, holder: &Allocation) -> Finding {
    let Allocation { id, path, .. } = record;
    let message =
        format!("'{path}' became another file in a commit without hooks, but still has {id}");
    let help = format!("the next 'git commit' with idhooks gives it {}", holder.id);
    Finding::about(record, Code::IdentityChanged, message, help)
}
