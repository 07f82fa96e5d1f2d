//! The scope that a commit inherits. A scope never changes.

use idhooks_core::registry::Scope;

use crate::git::{CommitId, Repo};
use crate::state::{StateError, Stored, has_registry};

use super::{
    consistency::is_inconsistent,
    healed_registries::{registry_blob, registry_of},
};

/// Returns the scope that a commit on top of `parents` must have in its registry: the scope in the
/// newest consistent commit before it, or else in the oldest commit that has a registry. `known` is
/// a registry that has already been read.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn inherited_scope(
    repo: &Repo,
    parents: &[CommitId],
    known: &Stored,
) -> Result<Option<Scope>, StateError> {
    let (mut scope, mut parents) = (None, parents.to_vec());
    loop {
        let mut next = None;
        for id in parents.iter().copied().filter(|id| repo.has_commit(*id)) {
            if has_registry(repo, id)? {
                next = Some(id);
                break;
            }
        }
        let Some(id) = next else { return Ok(scope) };
        let own = match registry_blob(repo, repo.commit(id)?.tree)? == Some(known.blob) {
            true => Some(known.registry.scope),
            false => registry_of(repo, id)?.map(|registry| registry.scope),
        };
        scope = own.or(scope);
        // An inconsistent commit may have changed the scope by mistake, so look at its parents as
        // well.
        if own.is_some() && !is_inconsistent(repo, id)? {
            return Ok(scope);
        }
        parents = repo.commit(id)?.parents;
    }
}
