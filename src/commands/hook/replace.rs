//! Putting a commit with a better registry in the place of HEAD.

use crate::error::CommandError;
use crate::git::{CommitId, Repo};
use crate::output::Ui;
use crate::registry::Registry;
use crate::walk::{Snapshot, Target, WalkError, write_registry};

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
