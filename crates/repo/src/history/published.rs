//! The identities that a merge's parents published, if some of the parents are inconsistent.
//!
//! A path's identity in a registry is published: someone may have written it down. The healed
//! version of an inconsistent registry was never visible. So if one branch published an identity,
//! and on another the same file merely seems to have been renamed, the published one stays. For
//! numbers, see [`idhooks_core::merge::with_published_numbers`].

use std::collections::BTreeSet;

use idhooks_core::check::{Parent, Placement, is_file, placement};
use idhooks_core::registry::{Origin, Registry, RepoPath};

/// A parent as stored, if it has a registry, and its healed registry, if it is inconsistent.
pub(super) type ParentRegistries<'a> = (Option<Parent<'a>>, Option<&'a Registry>);

/// Returns the identities that the parents publish at their paths; none if there is only one parent
/// or none had to be healed. In an inconsistent registry, only identities that healing confirms
/// count. If two parents publish different identities, `merged`, the merge of the stored
/// registries, decides.
pub(super) fn published_placement(
    parents: &[ParentRegistries<'_>],
    merged: Option<&Registry>,
) -> Placement {
    // With one parent, there is nothing to choose. Consistent parents show the identities that are
    // merged anyway.
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

/// Returns an inconsistent parent's registry with only the records that have the same path in the
/// healed one.
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
