//! Undoes a run that changed many files.

use idhooks_core::check::count;
use idhooks_core::registry::RepoPath;
use idhooks_repo::events::EventKind;
use idhooks_repo::git::Repo;
use idhooks_repo::store::journal::{Journal, JournalKind};
use idhooks_repo::transaction::{self, RollbackOutcome, find_unfinished};

use crate::{Notice, Observer, OpsError, Reach, audit_event, settle_move, writer_lock};

/// Why a run cannot be undone. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UndoRefusal {
    /// There is no run to undo.
    #[error("there is no run to undo")]
    Nothing,
    /// The last run was made by a different command.
    #[error("the last run is 'idhooks {what}', not '{command}'")]
    OfOther {
        /// The last run's command line, without `idhooks`.
        what: String,
        /// The command whose run was to be undone.
        command: &'static str,
    },
    /// Files have changed in the meantime.
    #[error("{} changed since 'idhooks {what}'", count(.paths.len(), "file was", "files were"))]
    Changed {
        /// The run's command line.
        what: String,
        /// The files.
        paths: Vec<RepoPath>,
    },
    /// HEAD already contains the changes made by the run with this command line.
    #[error("'idhooks {0}' is committed, so that it cannot be undone")]
    Committed(String),
}

/// A run that was undone, or would be in a dry run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoneRun {
    /// The command line, without `idhooks`.
    pub what: String,
    /// The number of files.
    pub files: usize,
    /// The files that the run renamed, with their old and new names.
    pub moves: Vec<(RepoPath, RepoPath)>,
}

/// Undoes a command's interrupted run or, if there is none, the last run. Either everything is
/// undone or nothing is. Returns `None` if the run was a file move.
///
/// # Errors
/// Returns an error if there is nothing to undo, if files have changed in the meantime, or if a
/// file cannot be read or written.
pub fn undo_run(
    observer: &mut dyn Observer,
    repo: &Repo,
    command: &'static str,
    is_dry_run: bool,
) -> Result<Option<UndoneRun>, OpsError> {
    let _lock = writer_lock(repo, command, Reach::Everything)?;
    undo_locked_run(observer, repo, command, is_dry_run)
}

/// Like [`undo_run`], for a caller that already holds the writer lock.
pub(crate) fn undo_locked_run(
    observer: &mut dyn Observer,
    repo: &Repo,
    command: &'static str,
    is_dry_run: bool,
) -> Result<Option<UndoneRun>, OpsError> {
    if !is_dry_run && settle_move(observer, repo)? {
        return Ok(None);
    }
    let unfinished = find_unfinished(repo)?;
    let stage = if unfinished.is_some() { JournalKind::Unfinished } else { JournalKind::Done };
    let last = || Journal::read(&repo.worktree_state_dir(), JournalKind::Done);
    let journal = unfinished.map_or_else(last, |journal| Ok(Some(journal)))?;
    let journal = journal.ok_or(UndoRefusal::Nothing)?;
    assert_is_of(command, &journal)?;
    let moves = journal.moves().map(|(from, to)| (from.clone(), to.clone())).collect();
    let what = journal.what().to_owned();
    let undone = UndoneRun { files: journal.len(), moves, what: what.clone() };
    if is_dry_run {
        return Ok(Some(undone));
    }
    let event = audit_event(EventKind::RolledBack, &[("undone", Some(&*what))]);
    match transaction::roll_back(repo, journal, stage, event)? {
        RollbackOutcome::Refused(paths) => Err(UndoRefusal::Changed { what, paths }.into()),
        RollbackOutcome::Done(problem) => {
            problem.into_iter().for_each(|problem| observer.notice(Notice::NotKept(problem)));
            Ok(Some(undone))
        }
    }
}

/// Refuses to undo another command's run.
pub(crate) fn assert_is_of(command: &'static str, journal: &Journal) -> Result<(), UndoRefusal> {
    // `rename` also undoes a move, so both count as one command.
    match command_that_undoes(journal.what()) == command_that_undoes(command) {
        true => Ok(()),
        false => Err(UndoRefusal::OfOther { what: journal.what().to_owned(), command }),
    }
}

/// Returns the command that undoes a run, given the run's command line. Unless the run was a move,
/// it is the same command.
pub fn command_that_undoes(what: &str) -> &str {
    match what.split(' ').next().unwrap_or_default() {
        "mv" => "rename",
        "refs" => "refs review",
        command => command,
    }
}
