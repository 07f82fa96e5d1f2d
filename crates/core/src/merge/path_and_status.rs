//! Merges each record's path and status the way git merges the tree. This includes records that two
//! branches registered separately for the same file.
//!
//! Git knows paths, not records: if one side adds a file at a path where the other moved or deleted
//! one, git treats the two as the same file and moves or deletes the added file too. The added
//! file's record follows it.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Allocation, Json, Object, Origin, RepoPath, Status, key, reason};

use super::merge_input::RecordMap;
use super::record_links::IdIndex;
use super::values_and_counters::{smaller, three_way};

/// A record's path and status, as decided by the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TreeDecision {
    pub(super) path: RepoPath,
    pub(super) status: Status,
    /// The metadata for this status; empty if the record is active.
    pub(super) marks: Object,
}

/// Returns whether the record's file was deleted by something other than a command.
pub(super) fn is_gone(record: &Allocation) -> bool {
    let reason = record.text(key::DEPRECATED_REASON);
    record.status == Status::Deprecated
        && reason.is_some_and(|text| reason::SELF_REVIVING.contains(&text))
}

/// How a command moved a record, from weakest to strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum MoveKind {
    /// A command moved the file along with its identity.
    File,
    /// A command moved the file along with its identity, and another file took over its old path.
    Exchange,
    /// A command moved only the identity to another record's file, which ended that record.
    Assignment,
}

/// Returns the path and status of a record that both sides have. `kinds` says how commands moved
/// the record on each side. If another record followed this one, `taken` is the path it moved to.
pub(super) fn merge_state(
    base: Option<&Allocation>,
    [ours, theirs]: [&Allocation; 2],
    kinds: [MoveKind; 2],
    taken: Option<&RepoPath>,
) -> TreeDecision {
    let was_deleted = |base, side| is_gone(side) && !is_gone(base);
    let was_moved =
        |base: &Allocation, side: &Allocation| side.is_active() && side.path != base.path;
    for (one, other) in [(ours, theirs), (theirs, ours)] {
        // Git keeps a file if one side deleted it and the other renamed it.
        if base.is_some_and(|base| was_deleted(base, one) && was_moved(base, other)) {
            let path = other.path.clone();
            return TreeDecision { path, status: Status::Active, marks: Object::new() };
        }
    }
    // A move noted by a command outweighs a move found by git. If the other side merely added the
    // record, for example by cherry-picking its commit, that side has the path from which the
    // command moved the record.
    let is_noted =
        |side: &Allocation, other: &Allocation| is_moved_by_command(base.unwrap_or(other), side);
    let has_moved = |side: &Allocation| base.is_some_and(|base| was_moved(base, side));
    // One side continues from the other's state: the other side squashed a branch that later went
    // on. If the continuing side moved the file away and back, git sees no change there and keeps
    // the other side's move.
    let goes_on = |side: &Allocation, other: &Allocation| {
        let is_later = |base: &Allocation| {
            let is_file_back = side.path == base.path && !kinds.contains(&MoveKind::Assignment);
            was_moved(base, other) && side.adds_evidence_to(base) && !is_file_back
        };
        side.is_active() && side.was_moved_from(&other.path) && base.is_some_and(is_later)
    };
    let later = [goes_on(ours, theirs), goes_on(theirs, ours)];
    let path = match (is_noted(ours, theirs), is_noted(theirs, ours)) {
        _ if later == [true, false] => Some(&ours.path),
        _ if later == [false, true] => Some(&theirs.path),
        (true, false) if theirs.is_active() => Some(&ours.path),
        (false, true) if ours.is_active() => Some(&theirs.path),
        // The side with the weaker kind moved the file, and the record that is now in the file's
        // place follows it.
        (true, true) if kinds[0] > kinds[1] => Some(&ours.path),
        (true, true) if kinds[0] < kinds[1] => Some(&theirs.path),
        // Git put another file there and left this record's file where the other side moved it.
        _ if taken == Some(&ours.path) && has_moved(theirs) => Some(&theirs.path),
        _ if taken == Some(&theirs.path) && has_moved(ours) => Some(&ours.path),
        _ => three_way(&base.map(|b| &b.path), Some(&ours.path), Some(&theirs.path), Ord::min),
    };
    let status = three_way(
        &base.map(|b| b.status),
        Some(ours.status),
        Some(theirs.status),
        // Statuses are ordered from active to superseded, so the smaller one is more alive.
        |one, other| match (base, one.min(other), one.max(other)) {
            // Both sides added the record, and one of them later superseded it.
            (None, Some(Status::Active), Some(Status::Superseded)) => Some(Status::Superseded),
            (_, more_alive, _) => more_alive,
        },
    );
    let status = status.unwrap_or(ours.status);
    TreeDecision {
        path: path.unwrap_or(&ours.path).clone(),
        status,
        marks: merge_marks(status, base, ours, theirs),
    }
}

/// Returns the metadata for the chosen status, taken from the side that has that status.
fn merge_marks(
    status: Status,
    base: Option<&Allocation>,
    ours: &Allocation,
    theirs: &Allocation,
) -> Object {
    if status == Status::Active {
        return Object::new();
    }
    let marks = |record: &Allocation| members(&key::OF_STATUS, |key| record.metadata.get(key));
    let of = |record: &Allocation| (record.status == status).then(|| marks(record));
    let merged = match (of(ours), of(theirs)) {
        (Some(ours), Some(theirs)) => {
            three_way(&base.and_then(of), Some(ours), Some(theirs), |one, other| {
                let (one, other) = (one.unwrap_or_default(), other.unwrap_or_default());
                Some(members(&key::OF_STATUS, |key| smaller(one.get(key), other.get(key))))
            })
        }
        (one, other) => one.or(other),
    };
    merged.unwrap_or_default()
}

/// Returns the values of the keys that are present.
pub(super) fn members<'a>(keys: &[&str], value: impl Fn(&str) -> Option<&'a Json>) -> Object {
    keys.iter().filter_map(|key| Some(((*key).to_owned(), value(key)?.clone()))).collect()
}

/// Returns whether a side moved an active record and notes that a command made the move.
pub(super) fn is_moved_by_command(base: &Allocation, side: &Allocation) -> bool {
    let is_moved = base.is_active() && side.is_active() && side.path != base.path;
    is_moved && side.was_moved_from(&base.path) && side.adds_evidence_to(base)
}

/// Returns the kind of each move that commands made on a side, by record. Leaves out moves that
/// only moved a file. `index` has the identities in the result.
pub(super) fn moved(
    base: &RecordMap,
    side: &RecordMap,
    index: &IdIndex,
) -> BTreeMap<Origin, MoveKind> {
    let noted = side.values().filter_map(|record| {
        let before = base.get(&record.origin)?;
        is_moved_by_command(before, record).then_some((&before.path, record.origin))
    });
    let left: BTreeMap<&RepoPath, Origin> = noted.collect();
    let came = side.values().filter(|record| record.is_active());
    let exchanged = came.filter_map(|record| left.get(&record.path));
    let mut kinds: BTreeMap<Origin, MoveKind> =
        exchanged.map(|origin| (*origin, MoveKind::Exchange)).collect();
    let is_new = |old: &&Allocation| {
        old.status == Status::Superseded
            && base.get(&old.origin).is_none_or(|before| before.status != Status::Superseded)
    };
    let ended = side.values().filter(is_new);
    // The heir may itself have been replaced in the meantime.
    let is_heir = |heir: &&Allocation, old: &Allocation| !heir.is_active() || heir.path == old.path;
    let heirs = ended.filter_map(|old| heir_of(side, old, index).filter(|it| is_heir(it, old)));
    kinds.extend(heirs.map(|heir| (heir.origin, MoveKind::Assignment)));
    kinds
}

/// Returns the record that superseded the given one.
fn heir_of<'a>(
    records: &'a RecordMap,
    old: &Allocation,
    index: &IdIndex,
) -> Option<&'a Allocation> {
    records.get(&index.origin(old.successor()?)?)
}

/// Like [`heir_of`], but only if the heir has the old record's path.
fn heir_in_place<'a>(
    records: &'a RecordMap,
    old: &Allocation,
    index: &IdIndex,
) -> Option<&'a Allocation> {
    heir_of(records, old, index).filter(|heir| heir.is_active() && heir.path == old.path)
}

/// Returns the records that one side replaced with an heir at the same path, but whose heir the
/// merge puts elsewhere. Each is active on the other side, and nothing else has taken its path.
/// Each is returned with its heir; if the heir was replaced in the same way, only the heir is
/// returned in this round.
pub(super) fn without_heirs(
    merged: &RecordMap,
    base: &RecordMap,
    sides: [&RecordMap; 2],
    index: &IdIndex,
) -> Vec<(Origin, Origin)> {
    let successor = |record: &Allocation| index.origin(record.successor()?);
    let heir = |record: &Allocation| heir_of(merged, record, index);
    let superseded = merged.values().filter(|record| record.status == Status::Superseded);
    let mut open: Vec<&Allocation> = superseded
        .filter(|record| {
            let [ours, theirs] = sides.map(|side| side.get(&record.origin));
            let was_replaced = |side: &RecordMap, one: Option<&Allocation>| {
                one.is_some_and(|one| heir_in_place(side, one, index).is_some())
            };
            let is_active = |one: Option<&Allocation>| one.is_some_and(Allocation::is_active);
            (is_active(ours) && was_replaced(sides[1], theirs))
                || (is_active(theirs) && was_replaced(sides[0], ours))
        })
        .filter(|record| heir_in_place(merged, record, index).is_none())
        // If the heir's file is gone, the record's own file is gone too.
        .filter(|record| !heir(record).is_some_and(is_gone))
        .collect();
    if open.is_empty() {
        return Vec::new();
    }
    // A record that neither side changed has been at its path all along.
    let has_changed = |record: &Allocation| {
        let state =
            |side: &RecordMap| side.get(&record.origin).map(|one| (one.path.clone(), one.status));
        let known = state(base);
        known.is_none() || sides.iter().any(|side| state(side) != known)
    };
    let came = merged.values().filter(|record| record.is_active() && has_changed(record));
    let taken: BTreeSet<&RepoPath> = came.map(|record| &record.path).collect();
    open.retain(|record| !taken.contains(&record.path));
    let pairs = open.into_iter().filter_map(|record| Some((record.origin, successor(record)?)));
    let found: BTreeMap<Origin, Origin> = pairs.collect();
    let is_first = |(_, heir): &(Origin, Origin)| !found.contains_key(heir);
    let first: Vec<(Origin, Origin)> = found.clone().into_iter().filter(is_first).collect();
    if first.is_empty() { found.into_iter().collect() } else { first }
}
