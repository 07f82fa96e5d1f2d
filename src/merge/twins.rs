//! Records of one file that two branches registered apart, or registered twice.
//!
//! Git knows paths, not records: a file that one side adds where the other side has just
//! moved or deleted one is to git the same file, and follows it. So does its record.

use std::collections::BTreeMap;

use crate::registry::{Allocation, Json, Origin, RepoPath, Status, key, reason};

use super::sides::Records;
use super::status::{TreeDecision, is_gone};

/// What became of a path on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Moved(RepoPath),
    Retired { deprecated_at: Option<Json>, last_blob: Option<Json> },
}

/// Returns the states of records that follow a path which the other side left.
pub(super) fn followers(
    base: &Records,
    ours: &Records,
    theirs: &Records,
) -> BTreeMap<Origin, TreeDecision> {
    let mut states = BTreeMap::new();
    for (first, second) in [(ours, theirs), (theirs, ours)] {
        let fates = fates(base, first);
        let unknown = second.values().filter(|y| y.is_active() && !first.contains_key(&y.origin));
        for record in unknown {
            if let Some(fate) = fates.get(&record.path) {
                states.insert(record.origin, fate.applied_to(record));
            }
        }
    }
    states
}

/// Returns what `side` did to each path that base held and it holds no longer.
fn fates<'a>(base: &'a Records, side: &Records) -> BTreeMap<&'a RepoPath, Fate> {
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
    // Several records at one path: one that moved tells where the file went, then the senior.
    let first = |records: Vec<(&Allocation, &Allocation)>| {
        let rank =
            |(before, after): &(&Allocation, &Allocation)| (!after.is_active(), before.seniority());
        records.into_iter().min_by_key(rank).map(|(_, after)| Fate::of(after))
    };
    leavers.into_iter().filter_map(|(path, records)| Some((path, first(records)?))).collect()
}

impl Fate {
    fn of(after: &Allocation) -> Self {
        if after.is_active() {
            return Fate::Moved(after.path.clone());
        }
        Fate::Retired {
            deprecated_at: after.metadata.get(key::DEPRECATED_AT).cloned(),
            last_blob: after.metadata.get(key::LAST_BLOB).cloned(),
        }
    }

    fn applied_to(&self, record: &Allocation) -> TreeDecision {
        let path = record.path.clone();
        match self {
            Fate::Moved(path) => {
                TreeDecision { path: path.clone(), status: Status::Active, marks: BTreeMap::new() }
            }
            Fate::Retired { deprecated_at, last_blob } => {
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
