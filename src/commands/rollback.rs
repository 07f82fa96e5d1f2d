//! Undoes a run that changed many files.

use idhooks_core::{plan::EventKind, registry::RepoPath};
use idhooks_ops::{audit_event, settle_move};
use idhooks_repo::git::Repo;
use idhooks_repo::store::journal::{Journal, JournalKind};
use idhooks_repo::transaction::{self, RollbackOutcome, find_unfinished};

use crate::error::{CommandError, CommandResult, Exit, undo_command};
use crate::output::{Ui, count};

/// The number of paths that an error lists.
const MAX_LISTED: usize = 20;

/// Undoes an interrupted run or, if there is none, the last run, as a whole.
///
/// # Errors
/// Returns an error if there is nothing to undo, if files have changed since, or if a file cannot be
/// read or written.
pub(super) fn roll_back(
    ui: &mut Ui,
    repo: &Repo,
    command: &str,
    is_dry_run: bool,
) -> CommandResult<Exit> {
    if !is_dry_run && settle_move(ui, repo)? {
        return Ok(Exit::Fine);
    }
    let unfinished = find_unfinished(repo)?;
    let stage = if unfinished.is_some() { JournalKind::Unfinished } else { JournalKind::Done };
    let last = || Journal::read(&repo.worktree_state_dir(), JournalKind::Done);
    let Some(journal) = unfinished.map_or_else(last, |journal| Ok(Some(journal)))? else {
        return Err(CommandError::new("there is no run to undo")
            .hint("only the last run can be undone; earlier ones are in the history: git log"));
    };
    assert_is_of(command, &journal)?;
    let files = count(journal.len(), "file", "files");
    let (what, command) = (journal.what().to_owned(), undo_command(journal.what()));
    let moves: Vec<(RepoPath, RepoPath)> =
        journal.moves().map(|(from, to)| (from.clone(), to.clone())).collect();
    if is_dry_run {
        ui.lines(moves.iter().map(|(from, to)| format!("would rename {to} back to {from}")));
        ui.status(&format!("would undo 'idhooks {what}': {files} to restore"));
        return Ok(Exit::Fine);
    }
    let event = audit_event(EventKind::RolledBack, &[("undone", Some(&*what))]);
    match transaction::roll_back(repo, journal, stage, event)? {
        RollbackOutcome::Refused(foreign) => {
            let files = count(foreign.len(), "file was", "files were");
            let mut error = CommandError::new(format!("{files} changed since 'idhooks {what}'"));
            error.causes = foreign.iter().take(MAX_LISTED).map(ToString::to_string).collect();
            Err(error.hint(match what.split(' ').next() {
                // Nothing of that run is staged, so that a stash would take it, too.
                Some("lint") => format!("undo these edits, then run: {command}; or keep them: the files stay as they are"),
                // What changed since may be other records, which nobody wants to lose.
                Some("import") => "an import can only be undone as long as nothing else has changed; to give identities up, see: idhooks deprecate --help".to_owned(),
                _ => format!(
                    "stash these changes (git stash), then run: {command}; or use the opposite command, such as 'idhooks rename --from-id-prefix'"
                ),
            }))
        }
        RollbackOutcome::Done(problem) => {
            problem.iter().for_each(|problem| ui.warning(problem));
            ui.lines(moves.iter().map(|(from, _)| format!("renamed back to {from}")));
            ui.status(&format!("undid 'idhooks {what}': {files} restored"));
            Ok(Exit::Fine)
        }
    }
}

/// Refuses to undo the run of another command.
///
/// # Errors
/// Returns an error that names the command that undoes it.
pub(super) fn assert_is_of(command: &str, journal: &Journal) -> CommandResult<()> {
    let what = journal.what();
    let undo = undo_command(what);
    if undo == undo_command(command) {
        return Ok(());
    }
    Err(CommandError::new(format!("the last run is 'idhooks {what}', not '{command}'"))
        .hint(format!("to undo that one: {undo}")))
}
