//! What healing keeps of the registry that an inconsistent commit has itself.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::{Parent, is_file};
use idhooks_core::registry::{Allocation, Origin, Registry, RepoPath, Status, Succession, Tree};

/// Returns a commit's own registry with the identities and statuses of its parents where they were
/// changed by hand; `None` if an identity would then exist twice.
pub(super) fn with_known_identities(
    own: &Registry,
    merged: &Registry,
    parents: &[Parent<'_>],
    is_tracked: &dyn Fn(&RepoPath) -> bool,
) -> Option<Registry> {
    let before: BTreeMap<Origin, &Allocation> = merged.by_origin();
    let unexplained = unexplained(own, &before, parents, is_tracked);
    let mut own = own.clone();
    for record in &mut own.allocations {
        let Some(before) = before.get(&record.origin) else { continue };
        if unexplained.contains(&record.origin) {
            record.take_status_of(before);
        }
        if !record.answers_to(before.id) && !before.answers_to(record.id) {
            record.id = before.id;
            record.claim = before.claim;
        }
    }
    own.is_consistent().then_some(own)
}

/// Returns the records with another status than in the parents that have no reason for it or leave
/// a file without an identity.
fn unexplained(
    own: &Registry,
    before: &BTreeMap<Origin, &Allocation>,
    parents: &[Parent<'_>],
    is_tracked: &dyn Fn(&RepoPath) -> bool,
) -> BTreeSet<Origin> {
    let records = &own.allocations;
    let is_other = |r: &&Allocation| before.get(&r.origin).is_some_and(|k| k.status != r.status);
    let changed = records.iter().filter(|record| !record.is_active()).filter(is_other);
    let parents = parents.iter().map(|parent| parent.registry);
    let succession = LazyCell::new(|| Succession::added(records.iter(), parents));
    let leaves_file = |record: &Allocation| {
        let ends = record.status == Status::Superseded || record.is_purged();
        ends && is_tracked(&record.path)
            && !succession.has_heir_at(record.origin, &record.path, records)
    };
    let open = changed.filter(|r| !r.explains_its_status(records) || leaves_file(r));
    open.map(|record| record.origin).collect()
}

/// Returns the paths of identities that a commit's own registry moves to other files, by hand or
/// after a parent that did: the path in its only parent, if both have the file.
pub(super) fn find_kept_paths(
    own: &Registry,
    parents: &[Parent<'_>],
    tree: &Tree,
) -> BTreeMap<Origin, RepoPath> {
    let [parent] = parents else { return BTreeMap::new() };
    let holders = own.holders(|path| is_file(tree, path));
    let records: BTreeMap<Origin, &Allocation> = own.by_origin();
    let succession = Succession::added(own.allocations.iter(), [parent.registry]);
    let before = parent.registry.holders(|path| is_file(parent.tree, path));
    let kept_paths =
        before.iter().filter(|(path, _)| is_file(parent.tree, path) && is_file(tree, path));
    let mut needed: BTreeMap<Origin, RepoPath> = BTreeMap::new();
    for (path, record) in kept_paths {
        let Some(now) = records.get(&record.origin) else { continue };
        let on_purpose =
            holders.get(*path).is_some_and(|holder| succession.leads(record.origin, holder.origin));
        if now.is_active() && now.path != **path && is_file(tree, &now.path) && !on_purpose {
            needed.insert(record.origin, (*path).clone());
        }
    }
    needed
}

/// Moves records back to these paths.
pub(super) fn restore_paths(registry: &mut Registry, kept_paths: &BTreeMap<Origin, RepoPath>) {
    for record in &mut registry.allocations {
        if let Some(path) = kept_paths.get(&record.origin) {
            record.path = path.clone();
        }
    }
}
