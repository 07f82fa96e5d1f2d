//! The parents of a commit in a history, with their registries as stored, as healed, and as
//! published.

use std::collections::BTreeMap;
use std::rc::Rc;

use idhooks_core::check::Parent;
use idhooks_core::registry::{Id, Origin, Tree};

use crate::git::CommitId;
use crate::history::faults::Published;
use crate::history::healed_registries::Healed;
use crate::history::lineage::NO_FILES;
use crate::state::Stored;

/// A parent that is in this clone.
pub(super) struct KnownParent {
    pub(super) id: CommitId,
    pub(super) tree: Rc<Tree>,
    pub(super) stored: Option<Rc<Stored>>,
    /// Whether this clone is unable to judge the parent.
    pub(super) is_unjudged: bool,
}

impl KnownParent {
    /// Returns the parent as stored, if it has a registry.
    pub(super) fn as_stored(&self) -> Option<Parent<'_>> {
        Some(Parent { registry: &self.stored.as_ref()?.registry, tree: self.comparable_tree() })
    }

    /// Returns the files that a commit's files are compared with.
    fn comparable_tree(&self) -> &Tree {
        if self.is_unjudged { &NO_FILES } else { &self.tree }
    }
}

/// Returns the parents that have, or should have, a registry.
pub(super) fn with_registry<'a>(
    known_parents: &'a [KnownParent],
    healed: &'a Healed,
) -> Vec<Parent<'a>> {
    let healed_or_stored = |p: &'a KnownParent| match healed.get(&p.id) {
        Some(registry) => Some(Parent { registry, tree: p.comparable_tree() }),
        None => p.as_stored(),
    };
    known_parents.iter().filter_map(healed_or_stored).collect()
}

/// Returns the parents' healed registries, in which published identities replace those that only
/// healing would have given.
pub(super) fn as_published(
    known_parents: &[KnownParent],
    healed: &Healed,
    published: &Published,
) -> Healed {
    // Go in reverse order, so that if several identities were published for an allocation, the
    // smallest wins in every clone.
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

/// Returns the identities in a registry, each with its allocation's origin.
pub(super) fn pairs(stored: Option<&Stored>) -> Published {
    let records = stored.into_iter().flat_map(|stored| &stored.registry.allocations);
    records.map(|record| (record.id, record.origin)).collect()
}
