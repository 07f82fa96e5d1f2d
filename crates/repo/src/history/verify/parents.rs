//! The parents of a commit of a history: their registries as stored, as healed, and as published.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use idhooks_core::check::{Code, Finding, Parent, Subject, exact_renames};
use idhooks_core::registry::{Id, Origin, Tree};

use crate::git::{CommitId, Repo};
use crate::history::faults::Published;
use crate::history::lineage::NO_FILES;
use crate::history::registries::Healed;
use crate::state::{Stored, read_config};

/// A parent that is in this clone.
pub(super) struct KnownParent {
    pub(super) id: CommitId,
    pub(super) tree: Rc<Tree>,
    pub(super) stored: Option<Rc<Stored>>,
    /// Whether this clone cannot judge it.
    pub(super) is_unjudged: bool,
}

impl KnownParent {
    /// Returns the parent as it is stored, if it has a registry.
    pub(super) fn as_stored(&self) -> Option<Parent<'_>> {
        Some(Parent { registry: &self.stored.as_ref()?.registry, tree: self.comparable_tree() })
    }

    /// Returns the files in which a commit must agree with it.
    fn comparable_tree(&self) -> &Tree {
        if self.is_unjudged { &NO_FILES } else { &self.tree }
    }
}

/// Returns the parents that have a registry, or should have one.
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

/// Returns the healed registries of the parents, with the published identities where healing alone
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

/// Replaces the findings about files that were renamed without edits by those that a commit has over what
/// its inconsistent parents should have been: only these had the identities that a rename must keep, if
/// some registry published them.
pub(super) fn rename_over_healed(
    repo: &Repo,
    stored: Option<&Stored>,
    tree: &Tree,
    known_parents: &[KnownParent],
    healed: &Healed,
    published: &Published,
    changed: &mut Vec<Finding>,
) {
    let is_healed = known_parents.iter().any(|parent| healed.contains_key(&parent.id));
    let Some(stored) = stored.filter(|_| is_healed) else { return };
    let config = read_config(repo, tree).unwrap_or_default();
    let parents = with_registry(known_parents, healed);
    let subject =
        Subject { parents: &parents, blobs: repo, ..Subject::new(&config, &stored.registry, tree) };
    changed.retain(|finding| finding.code != Code::IdentityChanged);
    let ids: BTreeSet<String> = published.iter().map(|(id, _)| id.to_string()).collect();
    let is_published = |finding: &Finding| {
        let mut old = finding.related.iter().filter_map(|related| related.id.as_ref());
        old.any(|id| ids.contains(id))
    };
    changed.extend(exact_renames(&subject).into_iter().filter(is_published));
}
