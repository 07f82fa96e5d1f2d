//! Which identities the parents of a merge really show, where some of them are not true.
//!
//! What a registry says of a path is published: somebody may have written it down. What healing
//! makes of an untrue registry was seen by nobody. So where one branch published an identity and
//! on another the same file is only estimated to have moved elsewhere, the published one stays.
//! Numbers are held to the same: [`crate::merge::with_published_numbers`].

use std::collections::BTreeSet;

use crate::check::{Parent, Placement, is_file, placement};
use crate::registry::{Origin, Registry, RepoPath};

/// A parent as it is, if it has a registry, and what that registry should be, if it is not true.
pub(super) type Shown<'a> = (Option<Parent<'a>>, Option<&'a Registry>);

/// Returns which identities the parents show at their paths; nothing where there is one, or none
/// had to be healed. Of an untrue registry counts what healing confirms. Where two parents show
/// different things `merged`, the merge of the registries as they are, decides.
pub(super) fn told(parents: &[Shown<'_>], merged: Option<&Registry>) -> Placement {
    if parents.len() < 2 || parents.iter().all(|(_, healed)| healed.is_none()) {
        return Placement::new();
    }
    let known: Vec<(Parent<'_>, Option<Registry>)> = parents
        .iter()
        .filter_map(|(parent, healed)| {
            let parent = (*parent)?;
            Some((parent, healed.map(|healed| confirmed(parent, healed))))
        })
        .collect();
    let shown: Vec<Parent<'_>> = known
        .iter()
        .map(|(parent, confirmed)| Parent {
            registry: confirmed.as_ref().unwrap_or(parent.registry),
            tree: parent.tree,
        })
        .collect();
    placement(&shown, merged, &|_| true)
}

/// Returns the registry of an untrue parent with only those records that hold a path which they
/// hold in the healed one too.
fn confirmed(parent: Parent<'_>, healed: &Registry) -> Registry {
    let is_file = |path: &RepoPath| is_file(parent.tree, path);
    let after = healed.holders(is_file);
    let before = parent.registry.holders(is_file);
    let both = before.iter().filter(|(path, record)| {
        after.get(*path).is_some_and(|healed| healed.origin == record.origin)
    });
    let both: BTreeSet<Origin> = both.map(|(_, record)| record.origin).collect();
    let mut registry = parent.registry.clone();
    registry.allocations.retain(|record| both.contains(&record.origin));
    registry
}
