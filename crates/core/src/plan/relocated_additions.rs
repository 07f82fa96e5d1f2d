//! Follows new files that a commit registered at one path but that are now at another path.
//!
//! When git replays a commit on top of others, it may put an added file into a directory that has
//! since been renamed, without any hook noticing. Then only the replayed commit's registry has the
//! identity. The origin, which is computed from the path and content, proves that it is the same
//! file. A user who resolves a conflict may also rename the file; then the identity must be in the
//! commit being replayed.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Allocation, Id, Origin, RepoPath, grouped};
use crate::rename::{BlobCounts, NEARLY_EMPTY};

use super::{
    ids_in_files::origin_blob,
    plan_draft::PlanDraft,
    plan_input::{PlanInput, ReplaySource},
};

/// Moves records that no parent has to the directories where their files are now.
pub(super) fn follow(draft: &mut PlanDraft<'_>) {
    let mut open = grouped(draft.unheld().into_iter().map(|path| (path.basename().to_vec(), path)));
    if open.is_empty() {
        return;
    }
    let mut renamed = Vec::new();
    for record in unplaced(draft) {
        let is_it = |path: &RepoPath| is_origin(draft, &record, path);
        let paths = open.get_mut(record.path.basename());
        match paths.and_then(|paths| Some(paths.swap_remove(paths.iter().position(is_it)?))) {
            Some(path) => place(draft, record, path),
            None => renamed.push(record),
        }
    }
    follow_renamed(draft, renamed);
}

/// Also follows files that got new names, but only for records in the commit being replayed, or in
/// a commit that nothing comes before.
fn follow_renamed(draft: &mut PlanDraft<'_>, mut unplaced: Vec<Allocation>) {
    let is_first = draft.situation.parents.is_empty();
    let picked = draft.situation.options.sources.iter().flat_map(ReplaySource::states);
    let picked = picked.flat_map(|state| &state.registry.allocations);
    let picked: BTreeSet<Origin> = picked.map(|record| record.origin).collect();
    unplaced.retain(|record| is_first || picked.contains(&record.origin));
    if unplaced.is_empty() {
        return;
    }
    let PlanInput { index, parents, blobs, options, .. } = *draft.situation;
    let before = parents.first().map_or(index, |parent| parent.tree);
    let counts = BlobCounts::in_trees(before, index, options.unchanged);
    // Nearly empty files often have equal content by chance, and so does a text of many files.
    let says_enough = |path: &RepoPath| {
        let blob = draft.tracked[path].blob;
        blobs.size(blob).is_none_or(|size| size >= NEARLY_EMPTY) && !counts.is_common(blob)
    };
    let mut open = draft.unheld();
    open.retain(says_enough);
    for record in unplaced {
        let is_it = |path: &RepoPath| is_origin(draft, &record, path);
        if let Some(at) = open.iter().position(is_it) {
            place(draft, record, open.remove(at));
        }
    }
}

fn place(draft: &mut PlanDraft<'_>, mut record: Allocation, path: RepoPath) {
    record.follow(path.clone());
    draft.held.insert(path, record.origin);
    draft.records.insert(record.origin, record);
}

/// Returns the records that no parent has and whose files are missing, in a fixed order.
fn unplaced(draft: &PlanDraft<'_>) -> Vec<Allocation> {
    let situation = draft.situation;
    let parents = situation.parents.iter().flat_map(|parent| &parent.registry.allocations);
    let committed: BTreeSet<Origin> = parents.map(|record| record.origin).collect();
    let registries = situation.options.sources.iter().flat_map(ReplaySource::states);
    let registries = registries.map(|state| state.registry);
    let registries = situation.staged.into_iter().chain(registries);
    let others = registries.flat_map(|registry| &registry.allocations);
    let taken: BTreeMap<Id, Origin> = draft.records.values().map(|r| (r.id, r.origin)).collect();
    let is_free = |r: &Allocation| taken.get(&r.id).is_none_or(|origin| *origin == r.origin);
    let is_held: BTreeSet<Origin> = draft.held.values().copied().collect();
    let mut unplaced: BTreeMap<Origin, Allocation> = BTreeMap::new();
    for record in draft.records.values().chain(others).filter(|record| record.is_active()) {
        let is_gone =
            !draft.tracked.contains_key(&record.path) && !is_held.contains(&record.origin);
        if is_gone && !committed.contains(&record.origin) && is_free(record) {
            unplaced.entry(record.origin).or_insert_with(|| record.clone());
        }
    }
    let mut unplaced: Vec<Allocation> = unplaced.into_values().collect();
    unplaced.sort_by_key(Allocation::seniority);
    unplaced
}

/// Returns whether the record was allocated for the content that is now at `path`.
fn is_origin(draft: &PlanDraft<'_>, record: &Allocation, path: &RepoPath) -> bool {
    let PlanInput { config, blobs, .. } = *draft.situation;
    let blob = origin_blob(config, blobs, path, draft.tracked[path].blob);
    record.origin.is_of_file(&record.path, blob)
}
