//! Replaces HEAD with a commit that has a different registry.

use idhooks_core::registry::Registry;
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::{CommitState, StateError};
use idhooks_repo::transaction::{LegacyWrite, RegistryChange, RewrittenCommit};

use crate::{Notice, Observer, OpsError};

/// A commit that replaces HEAD.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewHead<'c> {
    /// The commit.
    pub commit: CommitId,
    /// The merged registry from the commit's parents.
    pub known: Option<&'c Registry>,
    /// The commit's registry.
    pub registry: &'c Registry,
}

impl<'c> NewHead<'c> {
    /// Returns a commit with the content of `rewritten`.
    pub(crate) fn of(commit: CommitId, rewritten: &'c RewrittenCommit) -> Self {
        let (known, registry) = (rewritten.lineage.merged.as_ref(), &rewritten.plan.registry);
        NewHead { commit, known, registry }
    }
}

/// Moves HEAD to another commit using `move_head`, and puts that commit's registry into the index
/// and the working tree.
///
/// # Errors
/// Returns an error if the index, a file or the branch cannot be written. In that case nothing is
/// changed.
pub(crate) fn replace_head_by(
    observer: &mut dyn Observer,
    repo: &Repo,
    new: &NewHead<'_>,
    move_head: impl FnOnce() -> Result<(), StateError>,
) -> Result<(), OpsError> {
    let NewHead { commit, known, registry: after } = *new;
    let file = repo.index_file();
    let index = repo.index(&file)?;
    let state = match CommitState::staged(repo, &index, None) {
        // An unreadable registry, such as one with conflict markers, is replaced.
        Err(StateError::Registry(_)) => CommitState::staged_with(repo, &index, after.clone())?,
        state => state?,
    };
    let stored = state.stored().map(|stored| &**stored);
    let change = RegistryChange::of(repo, &file, &index, stored);
    let legacy = legacy_of(repo, commit, after)?;
    let change = RegistryChange { committed: known, legacy, ..change };
    // Everything that can fail (for example, if the index is locked) is done before HEAD moves.
    for warning in change.commit(after, move_head)?.warnings {
        observer.notice(Notice::NotKept(warning));
    }
    Ok(())
}

/// Returns the change that makes the legacy file in an index match a new commit.
fn legacy_of(repo: &Repo, new: CommitId, after: &Registry) -> Result<LegacyWrite, StateError> {
    let tree = repo.commit(new)?.tree;
    let Some(file) = LegacyFile::of_tree(repo, tree)? else { return Ok(LegacyWrite::Derive) };
    let entry = repo.tree_entry(tree, file.path().as_bytes())?;
    Ok(match file.is_in_step(entry, after) {
        true => LegacyWrite::Overwrite,
        // The file has changes that have yet to be accepted or rejected.
        false => LegacyWrite::Keep,
    })
}
