//! Putting a commit with a better registry in the place of HEAD.

use crate::commands::healing::while_healing;
use crate::error::CommandError;
use crate::git::{CommitId, Repo};
use crate::output::Ui;
use crate::registry::Registry;
use crate::state::{Snapshot, StateError};
use crate::transaction::{
    RegistryTarget, RewrittenCommit, append_allocations, rewrite_commit, write_registry_and,
};

/// Puts a commit with the registry it must have in the place of HEAD: the same parents, author,
/// dates, message and notes, signed again if it was signed. Where that cannot be done without
/// asking somebody, a commit follows it. Nothing where the registry is right already.
///
/// `kind` says what made the commit, in a word.
///
/// # Errors
/// A commit that cannot be planned or stored, and those of [`replace_head`].
pub(super) fn remake_head(
    ui: &mut Ui,
    repo: &Repo,
    head: CommitId,
    kind: &str,
) -> Result<Option<RewrittenCommit>, CommandError> {
    let commit = repo.commit(head)?;
    let remade = while_healing(|progress| {
        rewrite_commit(repo, commit.tree, commit.author_time, &commit.parents, &[], progress)
    })?;
    let Some(remade) = remade.filter(|remade| remade.tree != commit.tree) else { return Ok(None) };
    let after = &remade.plan.registry;
    let reason = format!("idhooks: registry of the {kind}");
    match commit.store_again(&repo.git(), remade.tree, &commit.parents) {
        Err(error) if commit.is_signed() => {
            ui.warning(&format!("idhooks: the commit of the {kind} could not be signed again ({error}); a commit was added after it"));
            let new = repo.store_follow_up(head, remade.tree, &reason)?;
            replace_head(ui, repo, head, new, after, &reason)?;
        }
        stored => {
            let new = stored?;
            replace_head(ui, repo, head, new, after, &reason)?;
            if let Err(error) = repo.copy_notes("amend", &[(head, new)]) {
                ui.warning(&format!("idhooks: the notes of the commit were not copied: {error}"));
            }
        }
    }
    if let Some(problem) = append_allocations(repo, remade.lineage.merged.as_ref(), after) {
        ui.warning(&problem);
    }
    Ok(Some(remade))
}

/// Moves HEAD from `old` to `new`, whose registry is `after`, and index and working file along.
///
/// # Errors
/// An index, a file or a branch that cannot be written; all is as it was then.
pub(super) fn replace_head(
    ui: &mut Ui,
    repo: &Repo,
    old: CommitId,
    new: CommitId,
    after: &Registry,
    reason: &str,
) -> Result<(), CommandError> {
    replace_head_by(ui, repo, after, || Ok(repo.move_head(new, old, reason)?))
}

/// Does what `move_head` does, which moves HEAD to a commit whose registry is `after`, and moves
/// index and working file along.
///
/// # Errors
/// As [`replace_head`].
pub(in crate::commands) fn replace_head_by(
    ui: &mut Ui,
    repo: &Repo,
    after: &Registry,
    move_head: impl FnOnce() -> Result<(), StateError>,
) -> Result<(), CommandError> {
    let file = repo.index_file();
    let index = repo.index(&file)?;
    let snapshot = match Snapshot::of_index(repo, &index, None) {
        // What cannot be read, with markers in it for example, gives way.
        Err(StateError::Registry(_)) => Snapshot::with_stand_in(repo, &index, after.clone())?,
        snapshot => snapshot?,
    };
    let target = RegistryTarget {
        file: &file,
        index: &index,
        stored: snapshot.stored.as_deref(),
        is_replacing: false,
        injections: &[],
    };
    // What can fail, such as a locked index, comes before HEAD moves.
    for warning in write_registry_and(repo, &target, after, move_head)?.warnings {
        ui.warning(&warning);
    }
    Ok(())
}
