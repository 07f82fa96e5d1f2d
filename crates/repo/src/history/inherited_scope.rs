//! The scope that a commit inherits. A scope never changes.

use idhooks_core::registry::Scope;

use crate::git::{CommitId, Repo};
use crate::state::{StateError, Stored, counted_tree, has_registry, is_adopted_at};

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
    // After a gap, another scope starts over.
    let mut is_gap = true;
    for id in parents.iter().filter(|id| repo.has_commit(**id)) {
        is_gap &= !has_registry(repo, *id)?;
    }
    loop {
        let mut next = None;
        for id in parents.iter().copied().filter(|id| repo.has_commit(*id)) {
            if is_adopted_at(repo, id)? {
                next = Some(id);
                break;
            }
        }
        let Some(id) = next else { return Ok(scope) };
        let own = match registry_blob(repo, counted_tree(repo, id)?)? == Some(known.blob) {
            true => Some(known.registry.scope),
            false => registry_of(repo, id)?.map(|registry| registry.scope),
        };
        scope = own.or(scope);
        // An inconsistent commit may have changed the scope by mistake, so look at its parents as
        // well.
        if is_gap && own.is_some_and(|own| own != known.registry.scope) {
            return Ok(None);
        }
        is_gap = false;
        if own.is_some() && !is_inconsistent(repo, id)? {
            return Ok(scope);
        }
        parents = repo.commit(id)?.parents;
    }
}
