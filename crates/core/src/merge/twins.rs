//! Merges records of one file that two branches registered separately.
//!
//! Git knows paths, not records: if one side adds a file where the other side moved or deleted
//! one, git treats it as the same file and moves or deletes it too. Its record follows.

use std::collections::BTreeMap;

use crate::registry::{Allocation, Json, Origin, RepoPath, Status, key, reason};

use super::sides::RecordMap;
use super::status::{TreeDecision, is_gone};

/// The way in which one side left a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Departure {
    Moved(RepoPath),
    Deleted { deprecated_at: Option<Json>, last_blob: Option<Json> },
}

/// Returns the states of records at a path that the other side left.
pub(super) fn followers(
    base: &RecordMap,
    ours: &RecordMap,
    theirs: &RecordMap,
) -> BTreeMap<Origin, TreeDecision> {
    let mut states = BTreeMap::new();
    for (first, second) in [(ours, theirs), (theirs, ours)] {
        let departures = departures(base, first);
        let unknown = second.values().filter(|y| y.is_active() && !first.contains_key(&y.origin));
        for record in unknown {
            if let Some(departure) = departures.get(&record.path) {
                states.insert(record.origin, departure.applied_to(record));
            }
        }
    }
    states
}

/// Returns how `side` left each path that base held and it no longer holds.
fn departures<'a>(base: &'a RecordMap, side: &RecordMap) -> BTreeMap<&'a RepoPath, Departure> {
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
    let first = |records: Vec<(&Allocation, &Allocation)>| {
        let rank =
            |(before, after): &(&Allocation, &Allocation)| (!after.is_active(), before.seniority());
        records.into_iter().min_by_key(rank).map(|(_, after)| Departure::of(after))
    };
    leavers.into_iter().filter_map(|(path, records)| Some((path, first(records)?))).collect()
}

impl Departure {
    fn of(after: &Allocation) -> Self {
        if after.is_active() {
            return Departure::Moved(after.path.clone());
        }
        Departure::Deleted {
            deprecated_at: after.metadata.get(key::DEPRECATED_AT).cloned(),
            last_blob: after.metadata.get(key::LAST_BLOB).cloned(),
        }
    }

    fn applied_to(&self, record: &Allocation) -> TreeDecision {
        let path = record.path.clone();
        match self {
            Departure::Moved(path) => {
                TreeDecision { path: path.clone(), status: Status::Active, marks: BTreeMap::new() }
            }
            Departure::Deleted { deprecated_at, last_blob } => {
                let marks = [
                    (key::DEPRECATED_REASON, Some(Json::string(reason::MERGED))),
                    (key::DEPRECATED_AT, deprecated_at.clone()),
                    (key::LAST_BLOB, last_blob.clone()),
                ];
                let marks = marks.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v?)));
                TreeDecision { path, status: Status::Deprecated, marks: marks.collect() }
            }
        }
    }
}
