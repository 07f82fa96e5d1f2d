//! Moves that other programs have made and reported: those that the commit uses, and those that it
//! does not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use idhooks_core::plan::{FollowedMove, MoveLog};
use idhooks_core::registry::{Allocation, Change, Id, Origin, RepoPath};
use idhooks_repo::state::StateError;
use idhooks_repo::transaction::PendingCommit;

use crate::planned_commit::PlannedCommit;
use crate::{CommitNotice, FollowedFile, Notice, Observer, UnusedMove};

/// Tells which reported moves the commit uses. Warns of those that it does not use, where a file gets
/// a new identity or loses its own because of that, unless the working tree contradicts the report.
pub(super) fn report_moves(
    observer: &mut dyn Observer,
    planned: &PlannedCommit<'_>,
) -> Result<(), StateError> {
    let Ok(Some(log)) = planned.pending.reported_moves() else { return Ok(()) };
    if log.is_empty() {
        return Ok(());
    }
    let commit = CommitWithMoves::new(planned, log)?;
    let (mut followed, mut unused) = (Vec::new(), Vec::new());
    for one in log.moves() {
        let FollowedMove { id, from, to } = one;
        let (from, to) = (from.clone(), to.clone());
        if commit.uses(&one) {
            followed.push(FollowedFile { from, to, id });
        } else if let Some(reason) = commit.reason(&one)? {
            unused.push((commit.followers(&one), from, to, id, reason));
        }
    }
    if !followed.is_empty() {
        observer.notice(Notice::Commit(CommitNotice::MovesFollowed(followed)));
    }
    // The path of a file can be assigned only after that file has its new path.
    unused.sort_by_key(|(followers, ..)| *followers);
    for (_, from, to, id, reason) in unused {
        observer.notice(Notice::Commit(CommitNotice::MoveUnused { from, to, id, reason }));
    }
    Ok(())
}

/// A commit with the moves that were reported before it.
struct CommitWithMoves<'c> {
    planned: &'c PlannedCommit<'c>,
    log: &'c MoveLog,
    /// The new paths by the old ones.
    moves: HashMap<&'c RepoPath, &'c RepoPath>,
    changes: BTreeMap<&'c RepoPath, &'c Change>,
    /// The paths before the commit.
    before: HashMap<Origin, &'c RepoPath>,
    /// The records that the commit gives to paths.
    holders: HashMap<&'c RepoPath, &'c Allocation>,
    /// The identities that the commit ends.
    ended: BTreeSet<Id>,
}

impl<'c> CommitWithMoves<'c> {
    fn new(planned: &'c PlannedCommit<'c>, log: &'c MoveLog) -> Result<Self, StateError> {
        let PlannedCommit { pending, inputs, plan, .. } = planned;
        let before = match &inputs.part {
            Some(_) => Some(&inputs.stored.registry),
            None => inputs.lineage.merged.as_ref(),
        };
        let before = before.into_iter().flat_map(|before| &before.allocations);
        let ended = plan.registry.allocations.iter().filter(|record| record.revives());
        Ok(CommitWithMoves {
            planned,
            log,
            moves: log.moves().map(|one| (one.from, one.to)).collect(),
            changes: pending.changes()?.iter().map(|change| (&change.path, change)).collect(),
            before: before.map(|record| (record.origin, &record.path)).collect(),
            holders: plan.registry.active().map(|record| (&record.path, record)).collect(),
            ended: ended.map(|record| record.id).collect(),
        })
    }

    /// Returns whether the commit gives the new path the identity of the old one.
    fn uses(&self, one: &FollowedMove<'_>) -> bool {
        let FollowedMove { id, from, to } = *one;
        let is_there = self.holders.get(to).is_some_and(|record| record.answers_to(id));
        is_there && self.enters(to) && self.changes.contains_key(from)
    }

    /// Returns why the commit does not use a reported move; `None` if it does not concern the commit.
    fn reason(&self, one: &FollowedMove<'_>) -> Result<Option<UnusedMove>, StateError> {
        let FollowedMove { id, from, to } = *one;
        let PlannedCommit { pending, .. } = self.planned;
        let is_deleted = self.changes.get(from).is_some_and(|change| change.new.is_none());
        let is_ended = is_deleted && self.ended.contains(&id);
        if pending.entry(to)?.is_none() {
            let is_meant = is_ended && self.is_file(to);
            let is_ignored =
                || pending.repo.git().ignored([to]).is_ok_and(|found| !found.is_empty());
            return Ok(is_meant.then(|| UnusedMove::NewPathNotStaged { is_ignored: is_ignored() }));
        }
        let Some(is_new) = self.gets_new_identity(to, id) else { return Ok(None) };
        if is_deleted {
            return Ok((is_ended && !is_new).then_some(UnusedMove::NewPathTaken));
        }
        let is_meant = self.enters(to) && !self.is_taken_back(from, id)?;
        let has_file = self.is_file(from);
        Ok(is_meant.then_some(UnusedMove::OldPathNotDeleted { is_new, has_file }))
    }

    /// Returns whether the file at the new path gets a new identity, rather than keeping the one that
    /// this path has; `None` if a command or an identity in the file has decided otherwise.
    fn gets_new_identity(&self, to: &RepoPath, id: Id) -> Option<bool> {
        let PlannedCommit { inputs, config, .. } = self.planned;
        match self.holders.get(to) {
            Some(holder) if holder.answers_to(id) => None,
            Some(holder) => match self.before.get(&holder.origin) {
                None => Some(true),
                Some(path) => (*path == to).then_some(false),
            },
            // If only a part of the registry was read, the others are as before.
            None => (inputs.part.is_some() && config.tracks(to)).then_some(false),
        }
    }

    /// Returns whether a file at this path is another one in the commit than before it.
    fn enters(&self, to: &RepoPath) -> bool {
        self.changes.get(to).is_some_and(|change| {
            change.new.is_some() && (change.old.is_none() || self.moves.contains_key(to))
        })
    }

    /// Returns whether a file is at its old path again, or has left it before the commit.
    fn is_taken_back(&self, from: &RepoPath, id: Id) -> Result<bool, StateError> {
        let PlannedCommit { pending, .. } = self.planned;
        let Some(staged) = pending.entry(from)? else { return Ok(true) };
        if !self.is_file(from) || self.log.id_at(from).is_some_and(|other| other != id) {
            return Ok(false);
        }
        let committed = self.changes.get(from).map_or(Some(staged), |change| change.old);
        let blobs = pending.repo.blobs_of_files(std::slice::from_ref(from));
        let working = blobs.ok().and_then(|blobs| blobs.first().copied());
        Ok(working.is_some() && working == committed.map(|entry| entry.blob))
    }

    fn is_file(&self, path: &RepoPath) -> bool {
        let full = self.planned.pending.repo.top().join(path.to_os_path());
        full.symlink_metadata().is_ok_and(|meta| meta.is_file())
    }

    /// Returns how many files take, one after the other, the path that the next one leaves, beginning
    /// with the file that leaves the new path of this move.
    fn followers(&self, one: &FollowedMove<'c>) -> usize {
        let next = |path: &&'c RepoPath| self.moves.get(path).copied();
        let moves = std::iter::successors(next(&one.to).map(|_| one.to), next);
        moves.take(self.moves.len()).count()
    }
}

/// Removes the reports that have ended, and warns if the log cannot be read or written.
pub(super) fn end_reported_moves(observer: &mut dyn Observer, pending: &PendingCommit<'_>) {
    if let Err(error) = pending.reported_moves() {
        observer.notice(Notice::NotKept(error.to_string()));
    } else if let Err(error) = pending.remove_ended_moves() {
        observer.notice(Notice::NotKept(error.to_string()));
    }
}
