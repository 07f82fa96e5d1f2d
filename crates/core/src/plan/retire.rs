//! Deprecates identities that no longer have a file.

use std::collections::BTreeMap;

use crate::check::is_file;
use crate::registry::{Allocation, Origin, RepoPath, Timestamp, Tree, key, reason};

use super::draft::PlanDraft;
use super::situation::Situation;

/// Deprecates every active record whose path is not tracked.
pub(super) fn retire(draft: &mut PlanDraft<'_>) {
    let situation = draft.situation;
    let offered = situation.options.offered.iter().flat_map(|registry| &registry.allocations);
    let offered: BTreeMap<Origin, &Allocation> = offered.map(|r| (r.origin, r)).collect();
    let is_gone = |r: &&mut Allocation| r.is_active() && !draft.tracked.contains_key(&r.path);
    for record in draft.records.values_mut().filter(is_gone) {
        let why = why(situation, &record.path);
        let blob = last_blob(situation, &record.path);
        let earlier = offered.get(&record.origin).copied();
        let at = earlier_date(earlier, record, blob.as_deref()).unwrap_or(situation.now);
        record.retire(why, Some(at), blob);
    }
}

fn why(situation: &Situation<'_>, path: &RepoPath) -> &'static str {
    if is_file(situation.index, path) {
        return reason::EXCLUDED;
    }
    match (situation.parents.len(), situation.options.reverting) {
        (2.., _) => reason::MERGED,
        (_, true) => reason::REVERTED,
        _ => reason::DELETED,
    }
}

/// Returns the last blob of the file: from the index, or from the parents. If the parents differ it
/// is the smallest one, so that the result does not depend on the branch that is checked out.
fn last_blob(situation: &Situation<'_>, path: &RepoPath) -> Option<String> {
    let blob = |tree: &Tree| tree.get(path).filter(|e| e.mode.is_file()).map(|e| e.blob);
    let before = || situation.parents.iter().filter_map(|parent| blob(parent.tree)).min();
    blob(situation.index).or_else(before).map(|blob| blob.to_string())
}

/// Returns the date that an aborted commit used for the same deprecation, so that repeating the
/// commit produces the same bytes.
fn earlier_date(
    earlier: Option<&Allocation>,
    record: &Allocation,
    blob: Option<&str>,
) -> Option<Timestamp> {
    let earlier = earlier?;
    let same =
        earlier.revives() && earlier.path == record.path && earlier.text(key::LAST_BLOB) == blob;
    earlier.text(key::DEPRECATED_AT).filter(|_| same)?.parse().ok()
}
