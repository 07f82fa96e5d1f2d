//! Replaces HEAD by a commit with a repaired registry.

use idhooks_core::registry::Registry;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::{CommitState, StateError};
use idhooks_repo::transaction::{RegistryChange, RewrittenCommit, rewrite_commit};

use crate::commands::healing::while_healing;
use crate::error::CommandResult;
use crate::output::Ui;

/// Replaces HEAD by a commit with a consistent registry: with the same parents, author, dates, message
/// and notes, and signed again if it was signed. If signing fails, a commit is added after it instead.
/// Returns nothing if the registry is consistent already.
///
/// `kind` says in a word what made the commit.
///
/// # Errors
/// Returns an error if the commit cannot be planned or stored, and the errors of [`replace_head`].
pub(super) fn remake_head(
    ui: &mut Ui,
    repo: &Repo,
    head: CommitId,
    kind: &str,
) -> CommandResult<Option<RewrittenCommit>> {
    let commit = repo.commit(head)?;
    let remade = while_healing(|progress| {
        rewrite_commit(repo, commit.tree, commit.author_time, &commit.parents, &[], progress)
    })?;
    let Some(remade) = remade.filter(|remade| remade.tree != commit.tree) else { return Ok(None) };
    let (known, after) = (remade.lineage.merged.as_ref(), &remade.plan.registry);
    let reason = format!("idhooks: registry of the {kind}");
    match commit.store_again(&repo.git(), remade.tree, &commit.parents) {
        Err(error) if commit.is_signed() => {
            ui.warning(&format!("idhooks: the commit of the {kind} could not be signed again ({error}); a commit was added after it"));
            let new = repo.store_follow_up(head, remade.tree, &reason)?;
            replace_head(ui, repo, [head, new], known, after, &reason)?;
        }
        stored => {
            let new = stored?;
            replace_head(ui, repo, [head, new], known, after, &reason)?;
            if let Err(error) = repo.copy_notes("amend", &[(head, new)]) {
                ui.warning(&format!("idhooks: the notes of the commit were not copied: {error}"));
            }
        }
    }
    Ok(Some(remade))
}

/// Moves HEAD from `old` to `new`, whose registry is `after`, with the index and the working file;
/// `known` is the merged registry of its parents.
///
/// # Errors
/// Returns an error if the index, a file or the branch cannot be written; then nothing has changed.
pub(super) fn replace_head(
    ui: &mut Ui,
    repo: &Repo,
    [old, new]: [CommitId; 2],
    known: Option<&Registry>,
    after: &Registry,
    reason: &str,
) -> CommandResult<()> {
    replace_head_by(ui, repo, known, after, || Ok(repo.move_head(new, old, reason)?))
}

/// Moves HEAD with `move_head` to a commit whose registry is `after`, with the index and the working
/// file.
///
/// # Errors
/// Returns the errors of [`replace_head`].
pub(in crate::commands) fn replace_head_by(
    ui: &mut Ui,
    repo: &Repo,
    known: Option<&Registry>,
    after: &Registry,
    move_head: impl FnOnce() -> Result<(), StateError>,
) -> CommandResult<()> {
    let file = repo.index_file();
    let index = repo.index(&file)?;
    let state = match CommitState::staged(repo, &index, None) {
        // An unreadable registry, such as one with conflict markers, is replaced.
        Err(StateError::Registry(_)) => CommitState::staged_with(repo, &index, after.clone())?,
        state => state?,
    };
    let stored = state.stored().map(|stored| &**stored);
    let change = RegistryChange::of(repo, &file, &index, stored);
    let change = RegistryChange { committed: known, ..change };
    // Everything that can fail, such as a locked index, comes before HEAD moves.
    for warning in change.commit(after, move_head)?.warnings {
        ui.warning(&warning);
    }
    Ok(())
}
