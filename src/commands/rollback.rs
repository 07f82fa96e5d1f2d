//! Going back to before a run that changed many files.

use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::Repo;
use crate::output::{Ui, count};
use crate::registry::RepoPath;
use crate::store::journal::{Journal, JournalKind};
use crate::transaction::{self, RolledBack, settle};

/// How many paths are told.
const TOLD: usize = 20;

/// Refuses to go on where an earlier run did not come to its end.
///
/// # Errors
/// Such a run; a journal, an index or a file that cannot be read.
pub(super) fn assert_settled(repo: &Repo) -> Result<(), CommandError> {
    let Some(journal) = settle(repo)? else { return Ok(()) };
    let files = count(journal.len(), "file", "files");
    let what = format!("'idhooks {}' did not come to its end ({files})", journal.what());
    Err(CommandError::new(what).hint(format!("go back to before it: {}", way_back(&journal))))
}

/// Undoes a run that did not come to its end, else the last one that did, as a whole.
///
/// # Errors
/// Nothing to undo; files that somebody has changed since; what cannot be read or written.
pub(super) fn roll_back(ui: &mut Ui, repo: &Repo, is_dry_run: bool) -> Result<Exit, CommandError> {
    let (journal, stage) = match settle(repo)? {
        Some(journal) => (journal, JournalKind::Unfinished),
        None => match Journal::read(&repo.worktree_state_dir(), JournalKind::Done)? {
            Some(journal) => (journal, JournalKind::Done),
            None => {
                return Err(CommandError::new("there is no run to undo")
                    .hint("only the last one can be; see what was committed: git log"));
            }
        },
    };
    let (what, command) = (journal.what().to_owned(), way_back(&journal));
    let moves: Vec<(RepoPath, RepoPath)> =
        journal.moves().map(|(from, to)| (from.clone(), to.clone())).collect();
    if is_dry_run {
        for (from, to) in &moves {
            ui.line(&format!("{to} would be {from} again"));
        }
        ui.status(&format!("would undo 'idhooks {what}'"));
        return Ok(Exit::Fine);
    }
    match transaction::roll_back(repo, journal, stage)? {
        RolledBack::Refused(foreign) => {
            let files = count(foreign.len(), "file was", "files were");
            let mut error = CommandError::new(format!("{files} changed since 'idhooks {what}'"));
            error.causes = foreign.iter().take(TOLD).map(ToString::to_string).collect();
            Err(error.hint(format!(
                "put these changes aside (git stash), then: {command}; or go the way back by itself, as 'idhooks rename --from-id-prefix' does"
            )))
        }
        RolledBack::Done => {
            for (from, _) in &moves {
                ui.line(&format!("{from} has its name again"));
            }
            ui.status(&format!("undid 'idhooks {what}'"));
            Ok(Exit::Fine)
        }
    }
}

/// Returns the command that undoes a run.
fn way_back(journal: &Journal) -> String {
    let command = journal.what().split(' ').next().unwrap_or_default();
    format!("idhooks {command} --rollback")
}
