//! Moves identities along with files whose new paths were reported.
//!
//! A report counts in the commit that the file's old path leaves and its new path enters. It then
//! has the effect of `idhooks mv`: the record notes the old path, so that a later check, which
//! knows nothing of the report, accepts the move.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Parent;
use crate::registry::{Allocation, Id, Origin, Registry, RepoPath, Succession, grouped};

use super::MoveLog;
use super::ids_in_files::{Vacated, carried_at};
use super::path_claims::Claim;
use super::plan_draft::PlanDraft;
use super::record_links::note_move;

/// A reported move that the commit makes.
#[derive(Debug, PartialEq, Eq)]
struct PendingMove {
    /// The path in the parents.
    from: RepoPath,
    to: RepoPath,
}

/// The moves that the commit makes, by the origins of the records.
type PendingMoves = BTreeMap<Origin, PendingMove>;

/// The records in the parents and in the staged registry.
struct KnownRecords<'a> {
    parents: Vec<BTreeMap<Origin, &'a Allocation>>,
    staged: BTreeMap<Origin, &'a Allocation>,
}

/// Moves the records of reported files; adds the paths that lose their identity to another file.
pub(super) fn follow(draft: &mut PlanDraft<'_>, vacated: &mut Vacated) {
    let situation = draft.situation;
    let Some(log) = situation.options.moved.filter(|log| !log.is_empty()) else { return };
    let known = KnownRecords {
        parents: situation.parents.iter().map(|parent| parent.registry.by_origin()).collect(),
        staged: situation.staged.map(Registry::by_origin).unwrap_or_default(),
    };
    let moves = pending_moves(draft, log, &known);
    let mut shadowed = shadowed(draft, &moves);
    // All paths are freed first, because a file may take the path of another one that moves.
    for (origin, PendingMove { from, .. }) in &moves {
        if draft.held.get(from) == Some(origin) {
            draft.held.remove(from);
        }
        if draft.tracked.contains_key(from) {
            vacated.insert(from.clone(), *origin);
        }
    }
    for (origin, PendingMove { from, to }) in moves {
        if let Some(holder) = draft.held.remove(&to) {
            draft.give_up_claim(holder, &to);
        }
        draft.claims.remove(&origin);
        for origin in shadowed.remove(&from).into_iter().flatten().chain([origin]) {
            if let Some(record) = draft.records.get_mut(&origin) {
                record.follow(to.clone());
                note_move(record, known.committed(origin));
            }
        }
        draft.held.insert(to, origin);
    }
}

/// Returns the other active records at the paths that files leave.
fn shadowed(draft: &PlanDraft<'_>, moves: &PendingMoves) -> BTreeMap<RepoPath, Vec<Origin>> {
    let left: BTreeSet<&RepoPath> = moves.values().map(|one| &one.from).collect();
    let holds: BTreeSet<Origin> = draft.held.values().copied().collect();
    let is_shadowed = |record: &&Allocation| {
        record.is_active()
            && left.contains(&record.path)
            && !moves.contains_key(&record.origin)
            && !holds.contains(&record.origin)
    };
    let records = draft.records.values().filter(is_shadowed);
    grouped(records.map(|record| (record.path.clone(), record.origin)))
}

/// Returns the moves that the commit makes.
fn pending_moves(draft: &PlanDraft<'_>, log: &MoveLog, known: &KnownRecords<'_>) -> PendingMoves {
    let ids: BTreeSet<Id> = log.ids().collect();
    let mut moves = PendingMoves::new();
    for record in draft.records.values().filter(|record| record.is_active()) {
        let mut own = record.aliases.iter().chain([&record.id]).filter(|id| ids.contains(id));
        let Some((id, from)) = own.next().zip(known.path_in_parents(draft, record.origin)) else {
            continue;
        };
        // After 'idhooks mv', only the staged record has the path that the file left then.
        let staged = || known.staged.get(&record.origin).map(|staged| &staged.path);
        let to = log.destination(*id, &record.path);
        let to = to.or_else(|| log.destination(*id, staged()?));
        if let Some(to) = to.filter(|to| is_undecided(draft, record, from, to)) {
            moves.insert(record.origin, PendingMove { from: from.clone(), to: to.clone() });
        }
    }
    if !moves.is_empty() {
        retain_possible(draft, &mut moves);
    }
    moves
}

/// Removes the moves whose old path does not leave the index in this commit, and those whose new
/// path does not enter it. A path that one file leaves for another counts for both.
fn retain_possible(draft: &PlanDraft<'_>, moves: &mut PendingMoves) {
    let (index, parents) = (draft.situation.index, draft.situation.parents);
    let is_changed =
        |path: &RepoPath| parents.iter().all(|parent| parent.tree.get(path) != index.get(path));
    let added = draft.succession();
    loop {
        let before = moves.len();
        let sources: BTreeSet<RepoPath> = moves.values().map(|one| one.from.clone()).collect();
        let targets = grouped(moves.iter().map(|(origin, one)| (one.to.clone(), *origin)));
        moves.retain(|_, PendingMove { from, to }| {
            let is_passed = |path: &RepoPath, others: bool| others && is_changed(path);
            let is_left = !index.contains_key(from) || is_passed(from, targets.contains_key(from));
            let is_new = !parents.iter().any(|parent| parent.tree.contains_key(to));
            let is_entered = is_new || is_passed(to, sources.contains(to));
            let holder = draft.held.get(to);
            let is_free = sources.contains(to)
                || holder.is_none_or(|holder| gives_way(draft, &added, *holder));
            is_left && is_entered && is_free && targets[to].len() == 1
        });
        if moves.len() == before {
            return;
        }
    }
}

/// Returns whether a record that claims a path gives way to a report: it does unless a command or
/// an identity in a file is the reason.
fn gives_way(draft: &PlanDraft<'_>, added: &Succession, holder: Origin) -> bool {
    match draft.claims.get(&holder) {
        Some(Claim::Moved(_)) => !added.concerns(holder),
        claim => claim.is_some(),
    }
}

impl<'a> KnownRecords<'a> {
    /// Returns the first version of a record in the parents.
    fn committed(&self, origin: Origin) -> Option<&'a Allocation> {
        self.parents.iter().find_map(|parent| parent.get(&origin).copied())
    }

    /// Returns the only path at which the parents have a record and its file; `None` if HEAD has
    /// neither.
    fn path_in_parents(&self, draft: &PlanDraft<'_>, origin: Origin) -> Option<&'a RepoPath> {
        let path = &self.parents.first()?.get(&origin)?.path;
        let has_it = |(parent, records): (&Parent<'_>, &BTreeMap<Origin, &Allocation>)| {
            records.get(&origin).is_none_or(|record| {
                record.is_active() && record.path == *path && parent.tree.contains_key(path)
            })
        };
        draft.situation.parents.iter().zip(&self.parents).all(has_it).then_some(path)
    }
}

/// Returns whether neither a command nor an identity in a file decides about a record or about the
/// file at `to`.
fn is_undecided(
    draft: &PlanDraft<'_>,
    record: &Allocation,
    from: &RepoPath,
    to: &RepoPath,
) -> bool {
    let is_elsewhere = record.path != *from && draft.held.get(&record.path) == Some(&record.origin);
    let is_of_another = |id| {
        let mut others = draft.records.values().filter(|other| other.origin != record.origin);
        !record.answers_to(id) && others.any(|other| other.answers_to(id))
    };
    draft.tracked.contains_key(to)
        && !is_elsewhere
        && !carried_at(draft, to).is_some_and(is_of_another)
}

#[cfg(test)]
mod tests;
