//! Moves that other programs have made and reported: those that the commit uses, and those that it
//! does not.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use idhooks_core::plan::{FollowedMove, MoveLog};
use idhooks_core::registry::{Allocation, BlobId, Change, Id, Origin, RepoPath};
use idhooks_repo::state::StateError;
use idhooks_repo::transaction::PendingCommit;

use crate::planned_commit::PlannedCommit;
use crate::{CommitNotice, MovedFile, Notice, Observer, UnusedMove};

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
        let moved = || MovedFile { from: from.clone(), to: to.clone(), id };
        if commit.uses(&one) {
            followed.push(moved());
        } else if let Some(reason) = commit.reason(&one)? {
            unused.push((moved(), reason));
        }
    }
    if !followed.is_empty() {
        observer.notice(Notice::Commit(CommitNotice::MovesFollowed(followed)));
    }
    if !unused.is_empty() {
        // The path of a file can be assigned only after that file has its new path.
        let followers = commit.followers();
        unused.sort_by_key(|(moved, _)| followers.get(&moved.to).copied().unwrap_or_default());
        observer.notice(Notice::Commit(CommitNotice::MovesUnused(unused)));
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
    /// The new paths that git ignores, once they are asked for: one call of git for all.
    ignored: OnceCell<BTreeSet<RepoPath>>,
    /// What the old paths have in the working tree, once it is asked for.
    working: OnceCell<HashMap<RepoPath, BlobId>>,
}

impl<'c> CommitWithMoves<'c> {
    fn new(planned: &'c PlannedCommit<'c>, log: &'c MoveLog) -> Result<Self, StateError> {
        let PlannedCommit { pending, inputs, plan, .. } = planned;
        let before = inputs.lineage.merged.iter().flat_map(|before| &before.allocations);
        let ended = plan.registry.allocations.iter().filter(|record| record.revives());
        Ok(CommitWithMoves {
            planned,
            log,
            moves: log.moves().map(|one| (one.from, one.to)).collect(),
            changes: pending.changes()?.iter().map(|change| (&change.path, change)).collect(),
            before: before.map(|record| (record.origin, &record.path)).collect(),
            holders: plan.registry.active().map(|record| (&record.path, record)).collect(),
            ended: ended.map(|record| record.id).collect(),
            ignored: OnceCell::new(),
            working: OnceCell::new(),
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
            let is_ignored = || self.ignored().contains(to);
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
        let working = self.working().get(from);
        Ok(working.is_some() && working == committed.map(|entry| entry.blob).as_ref())
    }

    /// Returns the new paths that git ignores; none if git cannot tell.
    fn ignored(&self) -> &BTreeSet<RepoPath> {
        let git = self.planned.pending.repo.git();
        self.ignored.get_or_init(|| git.ignored(self.moves.values().copied()).unwrap_or_default())
    }

    /// Returns what the files at old paths would be staged as; nothing if one of them cannot be read.
    fn working(&self) -> &HashMap<RepoPath, BlobId> {
        self.working.get_or_init(|| {
            let paths = self.moves.keys().filter(|path| self.is_file(path));
            let paths: Vec<RepoPath> = paths.map(|path| (*path).clone()).collect();
            let blobs = self.planned.pending.repo.blobs_of_files(&paths).unwrap_or_default();
            paths.into_iter().zip(blobs).collect()
        })
    }

    fn is_file(&self, path: &RepoPath) -> bool {
        let full = self.planned.pending.repo.top().join(path.to_os_path());
        full.symlink_metadata().is_ok_and(|meta| meta.is_file())
    }

    /// Returns for each path that a file leaves how many files take, one after the other, the path that
    /// the next one leaves, beginning with that file.
    fn followers(&self) -> HashMap<&'c RepoPath, usize> {
        let mut followers = HashMap::new();
        for start in self.moves.keys() {
            let (mut chain, mut at) = (Vec::new(), *start);
            // In a circle, none is the first.
            let mut seen = HashSet::new();
            while !followers.contains_key(at) && seen.insert(at) {
                let Some(next) = self.moves.get(at) else { break };
                chain.push(at);
                at = next;
            }
            let mut number = followers.get(at).copied().unwrap_or_default();
            for path in chain.into_iter().rev() {
                number += 1;
                followers.insert(path, number);
            }
        }
        followers
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
