//! New files that a commit registered at one path and that stand at another.
//!
//! Where a commit is made again on top of others, git may put a file that it adds into a
//! directory which was renamed meanwhile, and no hook sees it. Nothing but the commit's own
//! registry knows the identity then; that it is the same file, the origin proves: it was made
//! from the path and the content.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Allocation, BlobId, Id, Origin, RepoPath};

use super::draft::Draft;

/// Origins of further generations are of files that were deleted and added alike.
const GENERATIONS: u32 = 4;

/// Lets records that no parent knows follow their files to other directories.
pub(super) fn follow(draft: &mut Draft<'_>) {
    let mut open: BTreeMap<Vec<u8>, Vec<RepoPath>> = BTreeMap::new();
    for path in draft.unheld() {
        open.entry(path.basename().to_vec()).or_default().push(path);
    }
    if open.is_empty() {
        return;
    }
    for stray in strays(draft) {
        let Some(paths) = open.get_mut(stray.path.basename()) else { continue };
        let is_it = |path: &RepoPath| is_origin(&stray, draft.tracked[path].blob);
        let Some(at) = paths.iter().position(is_it) else { continue };
        let path = paths.swap_remove(at);
        let mut record = stray;
        record.follow(path.clone());
        draft.held.insert(path, record.origin);
        draft.records.insert(record.origin, record);
    }
}

/// Returns the records that no parent knows and whose file is not there, in a fixed order.
fn strays(draft: &Draft<'_>) -> Vec<Allocation> {
    let situation = draft.situation;
    let parents = situation.parents.iter().flat_map(|parent| &parent.registry.allocations);
    let known: BTreeSet<Origin> = parents.map(|record| record.origin).collect();
    let registries = situation.staged.into_iter().chain(situation.sources);
    let told = registries.flat_map(|registry| &registry.allocations);
    let taken: BTreeMap<Id, Origin> = draft.records.values().map(|r| (r.id, r.origin)).collect();
    let is_free = |r: &Allocation| taken.get(&r.id).is_none_or(|origin| *origin == r.origin);
    let is_held: BTreeSet<Origin> = draft.held.values().copied().collect();
    let mut strays: BTreeMap<Origin, Allocation> = BTreeMap::new();
    for record in draft.records.values().chain(told).filter(|record| record.is_active()) {
        let is_gone =
            !draft.tracked.contains_key(&record.path) && !is_held.contains(&record.origin);
        if is_gone && !known.contains(&record.origin) && is_free(record) {
            strays.entry(record.origin).or_insert_with(|| record.clone());
        }
    }
    let mut strays: Vec<Allocation> = strays.into_values().collect();
    strays.sort_by_key(Allocation::seniority);
    strays
}

/// Returns whether the record was made for this content.
fn is_origin(record: &Allocation, blob: BlobId) -> bool {
    (0..GENERATIONS).any(|g| Origin::of_file(&record.path, blob, g) == record.origin)
}
