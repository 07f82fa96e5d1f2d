//! Records that follow a file to wherever the other side moved it. The file is either the one
//! previously at the record's path, or one that a command gave to the record.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Allocation, Json, Object, Origin, RepoPath, Status, key, precedes, reason};

use super::merge_input::RecordMap;
use super::path_and_status::{MoveKind, TreeDecision, is_gone, is_moved_by_command, members};

/// A record that follows the file previously at its path.
#[derive(Debug)]
pub(super) struct Follower {
    pub(super) state: TreeDecision,
    /// The path that the record leaves, if a command moved the file.
    pub(super) left: Option<RepoPath>,
    /// The record that had the file before.
    pub(super) leaver: Origin,
    /// Whether a command gave the file to this record.
    pub(super) is_assigned: bool,
}

/// Returns the new states of records at paths that another record left on the other side: records
/// that the other side does not know, and records that a command moved to such a path. `moved`
/// holds the records that commands moved on each side.
pub(super) fn followers(
    base: &RecordMap,
    [ours, theirs]: [&RecordMap; 2],
    moved: &[BTreeMap<Origin, MoveKind>; 2],
) -> BTreeMap<Origin, Follower> {
    let mut followers = BTreeMap::new();
    let [ours_moved, theirs_moved] = moved;
    for (first, second, [there, kinds]) in
        [(ours, theirs, [ours_moved, theirs_moved]), (theirs, ours, [theirs_moved, ours_moved])]
    {
        let assigned = assigned_files(base, second, kinds);
        let leavers = leavers(base, first);
        // If a command moved a file away and the other side deleted it, git reports a conflict.
        let known = |y: &Allocation| {
            // If a revert ended a record on this side, the record counts as unknown here.
            let is_undone =
                |other: &&Allocation| !base.contains_key(&y.origin) && other.is_ended_by_driver();
            first.get(&y.origin).filter(|other| !is_undone(other))
        };
        // Git does not see that commands exchanged two files. A new record at one of the two paths
        // follows the file that was there only if its own side left that file in place, possibly
        // under another identity.
        let is_elsewhere = |leaver: &Allocation, y: &Allocation| {
            let is_file = kinds.get(&leaver.origin) != Some(&MoveKind::Assignment);
            is_file && second.get(&leaver.origin).is_some_and(|it| it.path != y.path)
        };
        let follows = |y: &Allocation, (leaver, is_exchanged): &Leaver<'_>| match known(y) {
            None => y.is_active() && !(*is_exchanged && is_elsewhere(leaver, y)),
            // Each side put a different file there.
            Some(_) if *is_exchanged => false,
            Some(other) => {
                let before = base.get(&y.origin).filter(|before| is_moved_by_command(before, y));
                // A move by a command outweighs a move that git detected for the file there.
                let is_free =
                    |before: &Allocation| other.is_active() && !is_moved_by_command(before, other);
                leaver.is_active() && before.is_some_and(is_free)
            }
        };
        // The file is assigned if one side changed only the identities and the other moved only the
        // files.
        let is_assigned = |origin: &Origin| there.get(origin) == Some(&MoveKind::Assignment);
        // The other side may lack an assignment that the base has, for example if a later
        // assignment is cherry-picked.
        let had_ended = |it: &&Allocation| {
            let before = base.get(&it.origin);
            it.is_active() && before.is_some_and(|it| it.status == Status::Superseded)
        };
        let unassigned: BTreeSet<&RepoPath> =
            first.values().filter(had_ended).map(|it| &it.path).collect();
        let with_file = |record: &Allocation| {
            let leaver = first.get(assigned.get(&record.origin)?)?;
            // If both sides have a record that the base lacks, as after a squash, the record is
            // already at its new path.
            let is_in_both =
                !base.contains_key(&record.origin) && first.contains_key(&record.origin);
            let is_free = !is_in_both
                && !is_assigned(&record.origin)
                && !is_assigned(&leaver.origin)
                && !unassigned.contains(&record.path);
            Some(leaver).filter(|it| is_free && it.is_active())
        };
        for record in second.values().filter(|record| record.is_active()) {
            let leaver = leavers.get(&record.path).filter(|it| follows(record, it));
            let with_file = with_file(record);
            if let Some(leaver) = with_file.or(leaver.map(|(leaver, _)| *leaver)) {
                let state = followed(leaver, record);
                let is_exchanged =
                    base.get(&leaver.origin).is_some_and(|it| is_moved_by_command(it, leaver));
                let left = is_exchanged.then(|| record.path.clone());
                let is_assigned = with_file.is_some_and(|it| it.path != record.path);
                let leaver = leaver.origin;
                followers.insert(record.origin, Follower { state, left, leaver, is_assigned });
            }
        }
    }
    followers
}

/// Maps each record that got a file through a command on this side to the record that had the file
/// before. Only includes files that stayed at their paths on this side.
fn assigned_files(
    base: &RecordMap,
    side: &RecordMap,
    kinds: &BTreeMap<Origin, MoveKind>,
) -> BTreeMap<Origin, Origin> {
    let is_assigned = |origin: &Origin| kinds.get(origin) == Some(&MoveKind::Assignment);
    if !kinds.keys().any(is_assigned) {
        return BTreeMap::new();
    }
    let held = base.values().filter(|before| before.is_active());
    let held: BTreeMap<&RepoPath, Origin> = held.map(|it| (&it.path, it.origin)).collect();
    let replaced = |origin| side.get(&origin).into_iter().flat_map(|it| it.reassigned_from());
    let file_of = |record: &Allocation| {
        let is_new = !base.contains_key(&record.origin);
        let before = held.get(&record.path).filter(|before| **before != record.origin)?;
        let now = side.get(before)?;
        // Either another record replaced the former holder at its path, or the former holder's
        // identity was given to a file elsewhere.
        let has_lost_it = (now.status == Status::Superseded && now.path == record.path)
            || (is_assigned(before) && precedes(*before, record.origin, replaced));
        let is_given = record.is_active() && (is_new || is_assigned(&record.origin));
        (is_given && has_lost_it).then_some((record.origin, *before))
    };
    side.values().filter_map(file_of).collect()
}

/// A record that left its path, and whether commands put another record there.
type Leaver<'a> = (&'a Allocation, bool);

/// Maps each path held in the base to the record that left it on this side, in this side's version.
/// Only includes paths that this side no longer holds, or whose records were exchanged by commands.
fn leavers<'a>(base: &'a RecordMap, side: &'a RecordMap) -> BTreeMap<&'a RepoPath, Leaver<'a>> {
    let mut leavers: BTreeMap<&RepoPath, Vec<(&Allocation, &Allocation)>> = BTreeMap::new();
    for before in base.values().filter(|x| x.is_active()) {
        let after = side.get(&before.origin);
        let left = after.filter(|x| is_gone(x) || (x.is_active() && x.path != before.path));
        if let Some(after) = left {
            leavers.entry(&before.path).or_default().push((before, after));
        }
    }
    // If commands exchanged files, the record that left is elsewhere, whatever its old path holds
    // now.
    let is_exchanged = |now: &Allocation, then: &Allocation| {
        let is_moved = base.get(&now.origin).is_some_and(|it| is_moved_by_command(it, now));
        is_moved && side.get(&then.origin).is_some_and(|after| is_moved_by_command(then, after))
    };
    let mut exchanged: BTreeSet<&RepoPath> = BTreeSet::new();
    for held in side.values().filter(|x| x.is_active()) {
        if let Some(records) = leavers.get_mut(&held.path) {
            records.retain(|(before, _)| is_exchanged(held, before));
            exchanged.insert(&held.path);
        }
    }
    leavers.retain(|_, records| !records.is_empty());
    // If several records had the same path, moved records come first, then the most senior ones.
    // Damaged or shadowed registries may have several records at a path; git knows only one file
    // there, and a moved file is better evidence than a deleted one.
    let first = |records: Vec<(&Allocation, &'a Allocation)>| {
        let rank =
            |(before, after): &(&Allocation, &Allocation)| (!after.is_active(), before.seniority());
        records.into_iter().min_by_key(rank).map(|(_, after)| after)
    };
    let leaver = |(path, records)| Some((path, (first(records)?, exchanged.contains(path))));
    leavers.into_iter().filter_map(leaver).collect()
}

/// Returns the new state of a record that follows another record, which was moved or deleted.
fn followed(leaver: &Allocation, record: &Allocation) -> TreeDecision {
    if leaver.is_active() {
        let (path, marks) = (leaver.path.clone(), Object::new());
        return TreeDecision { path, status: Status::Active, marks };
    }
    let kept = [key::DEPRECATED_AT, key::LAST_BLOB];
    let mut marks = members(&kept, |key| leaver.metadata.get(key));
    marks.insert(key::DEPRECATED_REASON.to_owned(), Json::string(reason::MERGED));
    TreeDecision { path: record.path.clone(), status: Status::Deprecated, marks }
}
