//! Replaces HEAD by a commit with a repaired registry.

use idhooks_core::plan::Edit;
use idhooks_core::registry::Registry;
use idhooks_repo::git::{Commit, CommitId, Repo};
use idhooks_repo::state::{CommitState, StateError};
use idhooks_repo::transaction::{Pick, RegistryChange, RewrittenCommit, rewrite_commit};

use crate::commands::healing::{print_some, while_healing};
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
    let Some(remade) = remade(repo, &commit, &commit.parents, &[])? else { return Ok(None) };
    let reason = format!("idhooks: registry of the {kind}");
    match commit.store_again(&repo.git(), remade.tree, &commit.parents) {
        Err(error) if commit.is_signed() => {
            ui.warning(&format!("idhooks: the commit of the {kind} could not be signed again ({error}); a commit was added after it"));
            add_commit(ui, repo, head, &remade, &reason)?;
        }
        stored => {
            let new = stored?;
            let (known, after) = (remade.lineage.merged.as_ref(), &remade.plan.registry);
            replace_head(ui, repo, [head, new], known, after, &reason)?;
            if let Err(error) = repo.copy_notes("amend", &[(head, new)]) {
                ui.warning(&format!("idhooks: the notes of the commit were not copied: {error}"));
            }
        }
    }
    Ok(Some(remade))
}

/// Plans a commit again, on top of `parents`. Returns nothing if its registry is consistent already.
///
/// # Errors
/// Returns the errors of [`rewrite_commit`].
pub(super) fn remade(
    repo: &Repo,
    commit: &Commit,
    parents: &[CommitId],
    picks: &[Pick],
) -> CommandResult<Option<RewrittenCommit>> {
    let Commit { tree, author_time, .. } = *commit;
    let remade = while_healing(|progress| {
        rewrite_commit(repo, tree, author_time, parents, picks, progress)
    })?;
    Ok(remade.filter(|remade| remade.tree != tree))
}

/// Adds a commit with the repaired registry after HEAD.
///
/// # Errors
/// Returns an error if the commit cannot be stored, and the errors of [`replace_head`].
pub(super) fn add_commit(
    ui: &mut Ui,
    repo: &Repo,
    head: CommitId,
    remade: &RewrittenCommit,
    reason: &str,
) -> CommandResult<()> {
    let new = repo.store_follow_up(head, remade.tree, reason)?;
    let (known, after) = (remade.lineage.merged.as_ref(), &remade.plan.registry);
    replace_head(ui, repo, [head, new], known, after, reason)
}

/// Prints what a repaired registry changes.
pub(super) fn print_changes(ui: &mut Ui, remade: &RewrittenCommit) {
    let before = remade.state.registry();
    let edits = before.map(|before| Edit::between(before, &remade.plan.registry));
    print_some(ui, &edits.unwrap_or_default());
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
