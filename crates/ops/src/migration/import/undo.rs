//! Undoes the last import.

use idhooks_core::registry::{REGISTRY_PATH, RepoPath};
use idhooks_repo::git::Repo;
use idhooks_repo::store::file_change::remove_empty_dirs;
use idhooks_repo::store::journal::{Journal, JournalKind};
use idhooks_repo::transaction::find_unfinished;

use super::options::NAME;
use crate::undo::{assert_is_of, undo_locked_run};
use crate::{Observer, OpsError, Reach, UndoRefusal, UndoneRun, writer_lock};

/// Undoes the last import, or one that was interrupted; see [`crate::undo_run`].
///
/// # Errors
/// Returns an error if there is no import to undo, if it has been committed, or if something has
/// changed in the meantime.
pub fn undo_import(
    observer: &mut dyn Observer,
    repo: &Repo,
    is_dry_run: bool,
) -> Result<Option<UndoneRun>, OpsError> {
    let _lock = writer_lock(repo, NAME, Reach::Everything)?;
    // An interrupted run can always be undone, but a finished one may have been committed since.
    if find_unfinished(repo)?.is_none() {
        let last = Journal::read(&repo.worktree_state_dir(), JournalKind::Done)?;
        last.map_or(Ok(()), |journal| assert_can_be_undone(repo, &journal))?;
    }
    let undone = undo_locked_run(observer, repo, NAME, is_dry_run)?;
    if let Some(dir) = repo.top().join(REGISTRY_PATH).parent().filter(|_| !is_dry_run) {
        // Only an adoption creates this directory.
        remove_empty_dirs(dir, 1);
    }
    Ok(undone)
}

/// Checks that a run is an import and that HEAD does not contain it.
fn assert_can_be_undone(repo: &Repo, journal: &Journal) -> Result<(), OpsError> {
    assert_is_of(NAME, journal)?;
    let Some(head) = repo.head()? else { return Ok(()) };
    let registry = RepoPath::registry();
    let committed = repo.tree_entry(repo.commit(head)?.tree, REGISTRY_PATH)?;
    let mut steps = journal.index().iter().filter(|step| step.path == registry);
    match steps.any(|step| step.after.is_some() && step.after == committed) {
        true => Err(UndoRefusal::Committed(journal.what().to_owned()).into()),
        false => Ok(()),
    }
}
