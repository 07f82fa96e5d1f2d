//! Putting a commit with a better registry in the place of HEAD.

use crate::error::CommandError;
use crate::git::{CommitId, Repo};
use crate::output::Ui;
use crate::registry::Registry;
use crate::walk::{Remade, Snapshot, Target, WalkError, append_given, remake, write_registry};

/// Puts a commit with the registry it must have in the place of HEAD: the same parents, author,
/// dates, message and notes, signed again if it was signed. Where that signature cannot be made
/// without asking somebody, a commit follows it. Nothing where the registry is right already.
///
/// `kind` says what made the commit: a merge, an amendment.
///
/// # Errors
/// A commit that cannot be planned or stored, and those of [`replace_head`].
pub(super) fn remake_head(
    ui: &mut Ui,
    repo: &Repo,
    head: CommitId,
    kind: &str,
) -> Result<Option<Remade>, CommandError> {
    let commit = repo.commit(head)?;
    let remade = remake(repo, commit.tree, commit.author_time, &commit.parents, &[])?;
    let Some(remade) = remade.filter(|remade| remade.tree != commit.tree) else { return Ok(None) };
    let after = &remade.plan.registry;
    let reason = format!("idhooks: registry of the {kind}");
    let place = match commit.store_again(&repo.git(), remade.tree, &commit.parents) {
        Err(error) if commit.is_signed() => {
            ui.warning(&format!("idhooks: the commit of the {kind} could not be signed again ({error}); a commit was added after it"));
            None
        }
        stored => Some(stored?),
    };
    let new = match place {
        Some(new) => new,
        None => repo.store_follow_up(head, remade.tree, &reason)?,
    };
    replace_head(ui, repo, head, new, after, &reason)?;
    if let Some(Err(error)) = place.map(|new| repo.copy_notes(&[(head, new)])) {
        ui.warning(&format!("idhooks: the notes of the commit were not copied: {error}"));
    }
    if let Some(problem) = append_given(repo, remade.lineage.merged.as_ref(), after) {
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
    // What can fail, such as a locked index, comes before HEAD moves.
    let before = follow(ui, repo, after)?;
    if let Err(error) = repo.move_head(new, old, reason) {
        if let Some(before) = before {
            follow(ui, repo, &before)?;
        }
        return Err(error.into());
    }
    Ok(())
}

/// Brings the index and the working file to a registry; returns the one that was there.
fn follow(ui: &mut Ui, repo: &Repo, after: &Registry) -> Result<Option<Registry>, CommandError> {
    let file = repo.index_file();
    let index = repo.index(&file)?;
    let snapshot = match Snapshot::of_index(repo, &index, None) {
        // What cannot be read, with markers in it for example, gives way.
        Err(WalkError::Registry(_)) => Snapshot::with_stand_in(repo, &index, after.clone())?,
        snapshot => snapshot?,
    };
    let target = Target { file: &file, index: &index, stored: snapshot.stored.as_deref() };
    for warning in write_registry(repo, &target, after)?.warnings {
        ui.warning(&warning);
    }
    Ok(snapshot.registry().cloned())
}
