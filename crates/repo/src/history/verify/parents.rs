//! The parents of a commit of a history: their registries as stored, as healed, and as published.

use std::collections::BTreeMap;
use std::rc::Rc;

use idhooks_core::check::{Finding, Parent, Published};
use idhooks_core::registry::{Id, Origin, Tree};

use crate::git::CommitId;
use crate::history::registries::Healed;
use crate::state::Stored;

/// A parent that is in this clone.
pub(super) struct KnownParent {
    pub(super) id: CommitId,
    pub(super) tree: Rc<Tree>,
    pub(super) stored: Option<Rc<Stored>>,
}

impl KnownParent {
    /// Returns the parent as it is stored, if it has a registry.
    pub(super) fn as_stored(&self) -> Option<Parent<'_>> {
        Some(Parent { registry: &self.stored.as_ref()?.registry, tree: &self.tree })
    }
}

/// Returns the parents that have a registry, or should have one.
pub(super) fn with_registry<'a>(
    known_parents: &'a [KnownParent],
    healed: &'a Healed,
) -> Vec<Parent<'a>> {
    let healed_or_stored = |p: &'a KnownParent| match healed.get(&p.id) {
        Some(registry) => Some(Parent { registry, tree: &p.tree }),
        None => p.as_stored(),
    };
    known_parents.iter().filter_map(healed_or_stored).collect()
}

/// Returns what the parents should have been, with the published identities where healing alone
/// would have given others.
pub(super) fn as_published(
    known_parents: &[KnownParent],
    healed: &Healed,
    published: &Published,
) -> Healed {
    let ids: BTreeMap<Origin, Id> = published.iter().rev().map(|(id, o)| (*o, *id)).collect();
    let mut shown = Healed::new();
    for id in known_parents.iter().map(|parent| parent.id) {
        let Some(mut registry) = healed.get(&id).cloned() else { continue };
        for record in &mut registry.allocations {
            let is_shown = published.contains(&(record.id, record.origin));
            if let Some(id) = ids.get(&record.origin).filter(|_| !is_shown) {
                record.id = *id;
            }
        }
        shown.insert(id, registry);
    }
    shown
}

/// Returns the identities in a registry, with their allocations.
pub(super) fn pairs(stored: Option<&Stored>) -> Published {
    let records = stored.into_iter().flat_map(|stored| &stored.registry.allocations);
    records.map(|record| (record.id, record.origin)).collect()
}

/// Leaves out the findings about files renamed from a path to which only an inconsistent parent gave the
/// identity that they lost.
pub(super) fn leave_out_healed(
    known_parents: &[KnownParent],
    healed: &Healed,
    changed: &mut Vec<Finding>,
) {
    let [parent] = known_parents else { return };
    let Some(healed) = healed.get(&parent.id) else { return };
    let holders = healed.holders(|path| parent.tree.contains_key(path));
    changed.retain(|finding| {
        let from = finding.related.first();
        let holder = from.and_then(|from| holders.get(from.path.as_ref()?));
        let old = from.and_then(|from| from.id.as_ref()?.parse().ok());
        holder.zip(old).is_none_or(|(holder, old)| holder.answers_to(old))
    });
}
