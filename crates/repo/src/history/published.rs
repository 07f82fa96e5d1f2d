//! The identities that a merge's parents published, which matter if some of the parents are
//! inconsistent.
//!
//! An identity that a registry gives to a path is published, because someone may have written it
//! down. The healed version of an inconsistent registry was never visible. So if one branch
//! published an identity, and the same file merely seems to have been renamed on another branch,
//! the published identity is kept. For numbers, see
//! [`idhooks_core::merge::with_published_numbers`].

use std::collections::BTreeSet;

use idhooks_core::check::{Parent, Placement, is_file, placement};
use idhooks_core::registry::{Origin, Registry, RepoPath};

/// A parent as stored, if it has a registry, and its healed registry, if it is inconsistent.
pub(super) type ParentRegistries<'a> = (Option<Parent<'a>>, Option<&'a Registry>);

/// Returns the identities that the parents publish at their paths. The result is empty if there is
/// only one parent or if none had to be healed. In an inconsistent registry, only identities
/// confirmed by healing count. If two parents publish different identities, `merged`, the merge of
/// the stored registries, decides between them.
pub(super) fn published_placement(
    parents: &[ParentRegistries<'_>],
    merged: Option<&Registry>,
) -> Placement {
    // With a single parent, there is nothing to choose from, and the identities that consistent
    // parents publish are merged anyway.
    if parents.len() < 2 || parents.iter().all(|(_, healed)| healed.is_none()) {
        return Placement::new();
    }
    let confirmed: Vec<Option<Registry>> =
        parents.iter().map(|(parent, healed)| Some(confirmed((*parent)?, (*healed)?))).collect();
    let shown = parents.iter().zip(&confirmed).filter_map(|((parent, _), confirmed)| {
        let Parent { registry, tree } = (*parent)?;
        Some(Parent { registry: confirmed.as_ref().unwrap_or(registry), tree })
    });
    placement(&shown.collect::<Vec<_>>(), merged, &|_| true)
}

/// Returns an inconsistent parent's registry with only the records whose path is the same in the
/// healed registry.
fn confirmed(parent: Parent<'_>, healed: &Registry) -> Registry {
    let is_file = |path: &RepoPath| is_file(parent.tree, path);
    let after = healed.holders(is_file);
    let before = parent.registry.holders(is_file);
    let confirmed_origins = before.iter().filter(|(path, record)| {
        after.get(*path).is_some_and(|healed| healed.origin == record.origin)
    });
    let confirmed_origins: BTreeSet<Origin> =
        confirmed_origins.map(|(_, record)| record.origin).collect();
    let mut registry = parent.registry.clone();
    registry.allocations.retain(|record| confirmed_origins.contains(&record.origin));
    registry
}
