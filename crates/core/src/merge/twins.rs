//! Merges records of one file that two branches registered separately.
//!
//! Git knows paths, not records: if one side adds a file where the other side moved or deleted
//! one, git treats it as the same file and moves or deletes it too. Its record follows.

use std::collections::BTreeMap;

use crate::registry::{Allocation, Json, Object, Origin, RepoPath, Status, key, reason};

use super::sides::RecordMap;
use super::status::{TreeDecision, is_gone};

/// Returns the states of records at a path that the other side left.
pub(super) fn followers(
    base: &RecordMap,
    ours: &RecordMap,
    theirs: &RecordMap,
) -> BTreeMap<Origin, TreeDecision> {
    let mut states = BTreeMap::new();
    for (first, second) in [(ours, theirs), (theirs, ours)] {
        let leavers = leavers(base, first);
        let unknown = second.values().filter(|y| y.is_active() && !first.contains_key(&y.origin));
        for record in unknown {
            if let Some(leaver) = leavers.get(&record.path) {
                states.insert(record.origin, followed(leaver, record));
            }
        }
    }
    states
}

/// Returns the records that left, on one side, each path that base held and the side no longer
/// holds, as they are there.
fn leavers<'a>(base: &'a RecordMap, side: &'a RecordMap) -> BTreeMap<&'a RepoPath, &'a Allocation> {
    let mut leavers: BTreeMap<&RepoPath, Vec<(&Allocation, &Allocation)>> = BTreeMap::new();
    for before in base.values().filter(|x| x.is_active()) {
        let after = side.get(&before.origin);
        let left = after.filter(|x| is_gone(x) || (x.is_active() && x.path != before.path));
        if let Some(after) = left {
            leavers.entry(&before.path).or_default().push((before, after));
        }
    }
    for held in side.values().filter(|x| x.is_active()) {
        leavers.remove(&held.path);
    }
    // With several records at one path, one that moved decides, then the most senior one.
    let first = |records: Vec<(&Allocation, &'a Allocation)>| {
        let rank =
            |(before, after): &(&Allocation, &Allocation)| (!after.is_active(), before.seniority());
        records.into_iter().min_by_key(rank).map(|(_, after)| after)
    };
    leavers.into_iter().filter_map(|(path, records)| Some((path, first(records)?))).collect()
}

/// Returns the state of a record that follows another one, which moved or was deleted.
fn followed(leaver: &Allocation, record: &Allocation) -> TreeDecision {
    if leaver.is_active() {
        let (path, marks) = (leaver.path.clone(), Object::new());
        return TreeDecision { path, status: Status::Active, marks };
    }
    let of = |key: &str| Some((key.to_owned(), leaver.metadata.get(key)?.clone()));
    let mut marks: Object =
        [key::DEPRECATED_AT, key::LAST_BLOB].into_iter().filter_map(of).collect();
    marks.insert(key::DEPRECATED_REASON.to_owned(), Json::string(reason::MERGED));
    TreeDecision { path: record.path.clone(), status: Status::Deprecated, marks }
}
