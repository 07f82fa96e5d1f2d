//! Renames that other programs have made and reported, and that the commit does not contain.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::plan::FollowedMove;
use idhooks_core::registry::{Change, Id, Origin, RepoPath};
use idhooks_repo::state::StateError;
use idhooks_repo::transaction::PendingCommit;

use crate::planned_commit::PlannedCommit;
use crate::{CommitNotice, Notice, Observer};

/// Warns of reported moves that are only half staged, where a file gets a new identity or loses its
/// own because of that. If the working tree contradicts the report, the other half is not missing.
pub(super) fn warn_of_unstaged_moves(
    observer: &mut dyn Observer,
    planned: &PlannedCommit<'_>,
) -> Result<(), StateError> {
    let PlannedCommit { pending, inputs, plan, .. } = planned;
    let Ok(Some(log)) = pending.reported_moves() else { return Ok(()) };
    let before = match &inputs.part {
        Some(_) => Some(&inputs.stored.registry),
        None => inputs.lineage.merged.as_ref(),
    };
    let before = before.into_iter().flat_map(|before| &before.allocations);
    let before: BTreeSet<Origin> = before.map(|record| record.origin).collect();
    let new = plan.registry.active().filter(|record| !before.contains(&record.origin));
    let new: BTreeSet<&RepoPath> = new.map(|record| &record.path).collect();
    let ended = plan.registry.allocations.iter().filter(|record| record.revives());
    let ended: BTreeSet<Id> = ended.map(|record| record.id).collect();
    let changes = pending.changes()?.iter().map(|change| (&change.path, change));
    let changes: BTreeMap<&RepoPath, &Change> = changes.collect();
    let is_added = |path| changes.get(path).is_some_and(|change| change.old.is_none());
    let is_deleted = |path| changes.get(path).is_some_and(|change| change.new.is_none());
    let exists = |path: &RepoPath| {
        pending
            .repo
            .top()
            .join(path.to_os_path())
            .symlink_metadata()
            .is_ok_and(|meta| meta.is_file())
    };
    for FollowedMove { id, from, to } in log.moves() {
        let (old, new_path) = (from.clone(), to.clone());
        if is_added(to) && new.contains(to) && pending.entry(from)?.is_some() {
            if !exists(from) {
                let notice = CommitNotice::DeletionNotStaged { from: old, to: new_path, id };
                observer.notice(Notice::Commit(notice));
            }
        } else if is_deleted(from)
            && ended.contains(&id)
            && pending.entry(to)?.is_none()
            && exists(to)
        {
            let notice = CommitNotice::NewPathNotStaged { from: old, to: new_path, id };
            observer.notice(Notice::Commit(notice));
        }
    }
    Ok(())
}

/// Removes the reports that have ended, and warns if the log cannot be read or written.
pub(super) fn end_reported_moves(observer: &mut dyn Observer, pending: &PendingCommit<'_>) {
    if let Err(error) = pending.reported_moves() {
        observer.notice(Notice::NotKept(error.to_string()));
    } else if let Err(error) = pending.remove_ended_moves() {
        observer.notice(Notice::NotKept(error.to_string()));
    }
}
