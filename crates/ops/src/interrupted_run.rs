//! Detects runs that a killed process left unfinished, and undoes an unfinished move.

use idhooks_repo::git::Repo;
use idhooks_repo::transaction::{find_unfinished, undo_half_a_move};

use crate::{Notice, Observer, OpsError};

/// Refuses to continue if an earlier run was interrupted.
///
/// # Errors
/// Returns an error if there is such a run, or if a journal, the index or a file cannot be read.
pub fn assert_settled(repo: &Repo) -> Result<(), OpsError> {
    match find_unfinished(repo)? {
        None => Ok(()),
        Some(journal) => {
            Err(OpsError::Interrupted { what: journal.what().to_owned(), files: journal.len() })
        }
    }
}

/// Undoes a move left unfinished by a killed process. Returns whether there was one.
///
/// # Errors
/// Returns an error if the move's journal or the index cannot be read, or if a file cannot be
/// moved.
pub fn settle_move(observer: &mut dyn Observer, repo: &Repo) -> Result<bool, OpsError> {
    let undone = undo_half_a_move(repo)?;
    let is_undone = undone.is_some();
    undone.into_iter().for_each(|what| observer.notice(Notice::MoveUndone(what)));
    Ok(is_undone)
}
