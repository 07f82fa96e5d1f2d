//! The usual commit: on a consistent HEAD, with its registry unchanged in the index.

use idhooks_core::plan::{ChangePlan, Edit};
use idhooks_repo::git::Repo;
use idhooks_repo::history::{
    Consistency, check_consistency, is_complete, only_edits, remember_commit, remember_recent,
};
use idhooks_repo::state::StateError;
use idhooks_repo::store::AllocationLogFile;
use idhooks_repo::transaction::{
    PendingCommit, PlainCommit, PlainPlan, append_allocations, audit, content_rules, contents_count,
};

use crate::healing::report_new_files;
use crate::steps::are_outputs_fresh;
use crate::{Notice, Observer};

/// Adds the registry update to a commit, from the paths that it changes. Returns whether that was
/// possible; if not, everything must be read.
pub(super) fn complete_plain(
    observer: &mut dyn Observer,
    repo: &Repo,
    commit: PlainCommit<'_>,
) -> Result<bool, StateError> {
    let root = commit.index.glance.root;
    let head = Some((commit.head.0, commit.head.1.tree));
    if commit.is_edit() {
        remember_commit(repo, root, &[], head)?;
        return Ok(true);
    }
    // The full plan reports an unreadable log.
    let Ok(allocation_log) = AllocationLogFile::in_dir(&repo.state_dir()).read() else {
        return Ok(false);
    };
    let Some(PlainPlan { change, written }) = commit.plan(&allocation_log)? else {
        return Ok(false);
    };
    let ChangePlan { before, plan } = change;
    if plan.at_stake > 0 {
        // The full plan decides whether that blocks the commit.
        return Ok(false);
    }
    let mut blobs = Vec::new();
    if let Some(written) = written {
        audit::look_ahead(repo)?;
        let old = commit.index.glance.registry.entry.blob;
        let mut recording = audit::Recording::of(repo, Some((&before, &plan.registry)), []);
        let applied = commit.write(&written, &mut recording)?;
        remember_recent(repo, [old, applied.blob], [&before, &plan.registry]);
        blobs = applied.written();
        let after = &plan.registry;
        let problem = append_allocations(repo, &allocation_log, Some(&before), after);
        for problem in problem.into_iter().chain(recording.finish()) {
            observer.notice(Notice::NotKept(problem));
        }
        let edits = Edit::lost_since(&[&before], &plan.registry);
        observer.notice(Notice::Edits { edits, is_logged: false });
        report_new_files(observer, &plan);
    }
    remember_commit(repo, root, &blobs, head)?;
    Ok(true)
}

/// Returns whether HEAD is consistent and the commit only edits files: the registry stays as it is.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub(super) fn has_nothing_to_do(pending: &PendingCommit<'_>) -> Result<bool, StateError> {
    let PendingCommit { repo, index, head, merging, .. } = pending;
    let (Some(root), Some((head, commit)), []) = (index.root, head, &merging[..]) else {
        return Ok(false);
    };
    let changes = repo.changes(commit.tree, root)?;
    let rules = content_rules(repo, root)?;
    let has_nothing = only_edits(&changes)
        && !rules.as_ref().is_some_and(|rules| contents_count(rules, &changes))
        && check_consistency(repo, *head)? == Consistency::Consistent
        && is_complete(repo, *head)?
        && are_outputs_fresh(pending, rules.as_ref())?;
    if has_nothing {
        remember_commit(repo, root, &[], Some((*head, commit.tree)))?;
    }
    Ok(has_nothing)
}
