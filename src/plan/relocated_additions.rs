//! New files that a commit registered at one path and that stand at another.
//!
//! Where a commit is made again on top of others, git may put a file that it adds into a
//! directory which was renamed meanwhile, and no hook sees it. Nothing but the commit's own
//! registry knows the identity then; that it is the same file, the origin proves: it was made
//! from the path and the content. A person who resolves a conflict may also give the file another
//! name; then the commit that is made again must have known the identity.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Allocation, Id, Origin, RepoPath};
use crate::rename::NEARLY_EMPTY;

use super::Situation;
use super::draft::PlanDraft;
use super::ids_in_files::bare;

/// Origins of further generations are of files that were deleted and added alike.
const GENERATIONS: u32 = 4;

/// Lets records that no parent knows follow their files to other directories.
pub(super) fn follow(draft: &mut PlanDraft<'_>) {
    let mut open: BTreeMap<Vec<u8>, Vec<RepoPath>> = BTreeMap::new();
    for path in draft.unheld() {
        open.entry(path.basename().to_vec()).or_default().push(path);
    }
    if open.is_empty() {
        return;
    }
    let mut renamed = Vec::new();
    for stray in strays(draft) {
        let is_it = |path: &RepoPath| is_origin(draft, &stray, path);
        let paths = open.get_mut(stray.path.basename());
        match paths.and_then(|paths| Some(paths.swap_remove(paths.iter().position(is_it)?))) {
            Some(path) => put(draft, stray, path),
            None => renamed.push(stray),
        }
    }
    follow_renamed(draft, renamed);
}

/// Lets records of a commit that is made again follow their files to other names, too.
fn follow_renamed(draft: &mut PlanDraft<'_>, mut strays: Vec<Allocation>) {
    let picked = draft.situation.sources.iter().flat_map(|source| &source.allocations);
    let picked: BTreeSet<Origin> = picked.map(|record| record.origin).collect();
    strays.retain(|stray| picked.contains(&stray.origin));
    if strays.is_empty() {
        return;
    }
    let size = |path: &RepoPath| draft.situation.blobs.size(draft.tracked[path].blob);
    let says_enough = |path: &RepoPath| size(path).is_none_or(|size| size >= NEARLY_EMPTY);
    let mut open = draft.unheld();
    open.retain(says_enough);
    for stray in strays {
        let is_it = |path: &RepoPath| is_origin(draft, &stray, path);
        if let Some(at) = open.iter().position(is_it) {
            put(draft, stray, open.remove(at));
        }
    }
}

fn put(draft: &mut PlanDraft<'_>, mut record: Allocation, path: RepoPath) {
    record.follow(path.clone());
    draft.held.insert(path, record.origin);
    draft.records.insert(record.origin, record);
}

/// Returns the records that no parent knows and whose file is not there, in a fixed order.
fn strays(draft: &PlanDraft<'_>) -> Vec<Allocation> {
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

/// Returns whether the record was made for the content at a path.
fn is_origin(draft: &PlanDraft<'_>, record: &Allocation, path: &RepoPath) -> bool {
    let Situation { config, blobs, .. } = *draft.situation;
    let blob = bare(config, blobs, path, draft.tracked[path].blob);
    (0..GENERATIONS).any(|g| Origin::of_file(&record.path, blob, g) == record.origin)
}
