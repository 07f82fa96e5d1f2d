//! Identities whose file is gone are retired.

use std::collections::BTreeMap;

use crate::check::is_file;
use crate::registry::{Allocation, Origin, RepoPath, Timestamp, Tree, key, reason};

use super::Situation;
use super::draft::PlanDraft;

/// Deprecates every active record whose path is not tracked.
pub(super) fn retire(draft: &mut PlanDraft<'_>) {
    let situation = draft.situation;
    let gone: Vec<Origin> = draft
        .records
        .values()
        .filter(|r| r.is_active() && !draft.tracked.contains_key(&r.path))
        .map(|r| r.origin)
        .collect();
    let offered = situation.offered.iter().flat_map(|registry| &registry.allocations);
    let memory: BTreeMap<Origin, &Allocation> = offered.map(|r| (r.origin, r)).collect();
    for origin in gone {
        if let Some(record) = draft.records.get_mut(&origin) {
            let why = why(situation, &record.path);
            let blob = last_blob(situation, &record.path);
            let known = memory.get(&origin).copied();
            let at = remembered(known, record, blob.as_deref()).unwrap_or(situation.now);
            record.retire(why, Some(at), blob);
        }
    }
}

fn why(situation: &Situation<'_>, path: &RepoPath) -> &'static str {
    if is_file(situation.index, path) {
        return reason::EXCLUDED;
    }
    match (situation.parents.len(), situation.reverting) {
        (2.., _) => reason::MERGED,
        (_, true) => reason::REVERTED,
        _ => reason::DELETED,
    }
}

/// Returns the blob the file had last: still in the index, or in the parents; of several the
/// smallest, whichever branch was checked out.
fn last_blob(situation: &Situation<'_>, path: &RepoPath) -> Option<String> {
    let blob = |tree: &Tree| tree.get(path).filter(|e| e.mode.is_file()).map(|e| e.blob);
    let before = || situation.parents.iter().filter_map(|parent| blob(parent.tree)).min();
    blob(situation.index).or_else(before).map(|blob| blob.to_string())
}

/// Returns the date an aborted commit gave to the same retirement, so that repeating the
/// commit gives the same bytes.
fn remembered(
    known: Option<&Allocation>,
    record: &Allocation,
    blob: Option<&str>,
) -> Option<Timestamp> {
    let known = known?;
    let same = known.revives() && known.path == record.path && known.text(key::LAST_BLOB) == blob;
    known.text(key::DEPRECATED_AT).filter(|_| same)?.parse().ok()
}
