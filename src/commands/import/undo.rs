//! `idhooks import --rollback`: undoes the last import.

use std::path::Path;

use idhooks_core::registry::{REGISTRY_PATH, RepoPath};
use idhooks_ops::{Reach, Writer, open_to_change};
use idhooks_repo::git::Repo;
use idhooks_repo::store::changes::remove_empty_dirs;
use idhooks_repo::store::journal::{Journal, JournalKind};
use idhooks_repo::transaction::find_unfinished;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use super::super::rollback::{assert_is_of, roll_back};

/// Undoes the last import, or one that was interrupted.
///
/// # Errors
/// Returns an error if there is none, if it is committed, or if something has changed since.
pub(super) fn undo(ui: &mut Ui, dir: &Path, is_dry_run: bool) -> CommandResult<Exit> {
    let repo = open_to_change(dir)?;
    let writer = Writer::open_for(&repo, "import", Reach::Everything)?;
    let repo = writer.repo;
    if find_unfinished(repo)?.is_none() {
        let last = Journal::read(&repo.worktree_state_dir(), JournalKind::Done)?;
        if let Some(journal) = last {
            assert_can_be_undone(repo, &journal)?;
        }
    }
    let done = roll_back(ui, repo, "import", is_dry_run)?;
    if let Some(dir) = repo.top().join(REGISTRY_PATH).parent().filter(|_| !is_dry_run) {
        // Only an adoption has created it.
        remove_empty_dirs(dir, 1);
    }
    Ok(done)
}

/// Asserts that a run is an import, and that HEAD does not have it.
fn assert_can_be_undone(repo: &Repo, journal: &Journal) -> CommandResult<()> {
    assert_is_of("import", journal)?;
    let what = journal.what();
    let Some(head) = repo.head()? else { return Ok(()) };
    let registry = RepoPath::registry();
    let committed = repo.tree_entry(repo.commit(head)?.tree, REGISTRY_PATH)?;
    let mut steps = journal.index().iter().filter(|step| step.path == registry);
    if steps.any(|step| step.after.is_some() && step.after == committed) {
        let what = format!("'idhooks {what}' is committed, so that it cannot be undone");
        return Err(CommandError::new(what).hint(
            "if that is the last commit, and it was not pushed: git reset --soft HEAD~1, then again: idhooks import --rollback",
        ));
    }
    Ok(())
}
