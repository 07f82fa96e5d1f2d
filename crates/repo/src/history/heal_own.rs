//! Determines which parts of an inconsistent commit's own registry healing keeps.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::{Parent, is_file, is_revived_elsewhere};
use idhooks_core::registry::{
    Allocation, Id, Origin, Registry, RepoPath, Status, Succession, Tree, key,
};

/// Returns a commit's own registry, restoring identities and statuses from its parents where they
/// were changed by hand or without knowing where a file is. Returns `None` if the same identity
/// would then occur twice.
pub(super) fn with_known_identities(
    own: &Registry,
    merged: &Registry,
    parents: &[Parent<'_>],
    tree: &Tree,
    is_tracked: &dyn Fn(&RepoPath) -> bool,
) -> Option<Registry> {
    let before: BTreeMap<Origin, &Allocation> = merged.by_origin();
    let unexplained = unexplained(own, &before, parents, is_tracked);
    let registries = parents.iter().map(|parent| parent.registry);
    let succession = LazyCell::new(|| Succession::added(own.allocations.iter(), registries));
    let mut fixed = own.clone();
    // Only a merge gives one record's identity to another record.
    let owners: LazyCell<BTreeMap<Id, Origin>, _> =
        LazyCell::new(|| before.values().map(|record| (record.id, record.origin)).collect());
    let is_taken = |record: &Allocation| {
        before.get(&record.origin).is_some_and(|before| before.id != record.id)
            && owners.get(&record.id).is_some_and(|owner| *owner != record.origin)
    };
    for record in &mut fixed.allocations {
        let Some(before) = before.get(&record.origin) else { continue };
        if unexplained.contains(&record.origin) {
            record.take_status_of(before);
            if record.is_active() && is_tracked(&before.path) {
                record.path = before.path.clone();
            }
        }
        if parents.len() == 1
            && is_revived_elsewhere(before, record, tree, is_tracked)
            && !succession.concerns(record.origin)
        {
            record.path = before.path.clone();
            record.take_status_of(before);
        }
        let is_other = !record.answers_to(before.id) && !before.answers_to(record.id);
        if is_other || (parents.len() == 1 && is_taken(record)) {
            // The parent's number has been published; a number typed by hand has not.
            record.id = before.id;
            record.claim = before.claim;
        }
        // Someone may have written down an alias, so it must always lead to the record.
        record.aliases.extend(&before.aliases);
        record.aliases.remove(&record.id);
    }
    // A registry that contains an identity twice cannot be merged. The caller then uses the
    // parents' registry instead.
    fixed.is_consistent().then_some(fixed)
}

/// Returns the records whose status differs from the parents', and whose new status has no reason,
/// leaves a file without an identity, or ends a record whose file still exists.
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
    let has_heir =
        |record: &Allocation, path: &RepoPath| succession.has_heir_at(record.origin, path, records);
    let leaves_file = |record: &Allocation| {
        let ends = record.status == Status::Superseded || record.is_purged();
        ends && is_tracked(&record.path) && !has_heir(record, &record.path)
    };
    let is_there = |record: &Allocation| {
        let path = before.get(&record.origin).filter(|it| it.is_active()).map(|it| &it.path);
        record.revives() && path.is_some_and(|path| is_tracked(path) && !has_heir(record, path))
    };
    let open = changed.filter(|r| !r.explains_its_status(records) || leaves_file(r) || is_there(r));
    open.map(|record| record.origin).collect()
}

/// Finds the identities that a commit's own registry moves to other files without a stated reason,
/// and returns the paths they have in the only parent, if both commits have files there.
pub(super) fn find_kept_paths(
    own: &Registry,
    parents: &[Parent<'_>],
    tree: &Tree,
) -> BTreeMap<Origin, RepoPath> {
    // In a merge, each side may have moved identities, so the merge decides.
    let [parent] = parents else { return BTreeMap::new() };
    let holders = own.holders(|path| is_file(tree, path));
    let records: BTreeMap<Origin, &Allocation> = own.by_origin();
    let succession = Succession::added(own.allocations.iter(), [parent.registry]);
    let before = parent.registry.holders(|path| is_file(parent.tree, path));
    let kept_paths =
        before.iter().filter(|(path, _)| is_file(parent.tree, path) && is_file(tree, path));
    let mut needed: BTreeMap<Origin, RepoPath> = BTreeMap::new();
    let mut open: Vec<(&RepoPath, Origin)> = Vec::new();
    for (path, record) in kept_paths {
        let now = records.get(&record.origin);
        if now.is_some_and(|now| now.is_active() && now.path != **path && is_file(tree, &now.path))
        {
            open.push((path, record.origin));
        }
    }
    // Once an identity returns to its path, it no longer explains why another identity left that
    // path, so repeat this until nothing changes.
    loop {
        let before = needed.len();
        open.retain(|(path, origin)| {
            let holder = holders.get(*path).map(|holder| holder.origin);
            let holder = holder.filter(|holder| !needed.contains_key(holder));
            let on_purpose = holder.is_some_and(|holder| succession.leads(*origin, holder));
            if !on_purpose {
                needed.insert(*origin, (*path).clone());
            }
            on_purpose
        });
        if needed.len() == before {
            return needed;
        }
    }
}

/// Returns the paths in `healed` for the active records whose paths the commit changed compared
/// with `before`, in its registry as stored or as corrected. The commit moved their files away from
/// the healed paths, whatever paths were recorded.
pub(super) fn healed_paths(
    own: [&Registry; 2],
    before: &Registry,
    healed: &Registry,
) -> BTreeMap<Origin, RepoPath> {
    let [then, healed] = [before, healed].map(Registry::by_origin);
    let moved = own
        .into_iter()
        .flat_map(Registry::active)
        .filter(|record| then.get(&record.origin).is_some_and(|before| before.path != record.path));
    let healed = moved.filter_map(|record| healed.get(&record.origin).filter(|it| it.is_active()));
    healed.map(|record| (record.origin, record.path.clone())).collect()
}

/// Moves the records back to these paths.
pub(super) fn restore_paths(registry: &mut Registry, kept_paths: &BTreeMap<Origin, RepoPath>) {
    for record in &mut registry.allocations {
        if let Some(path) = kept_paths.get(&record.origin) {
            record.path = path.clone();
        }
    }
}

/// Moves the paths that a commit gives to records to where their files are now. `before` is the
/// parents' registry as stored, and `healed` as it should be. If files were renamed without their
/// records, a commit that is replayed on top may exchange two of the files; its records then name
/// paths that no longer exist. Returns `None` if there is nothing to move.
pub(crate) fn follow_files(
    own: &Registry,
    before: &Registry,
    healed: &Registry,
    tree: &Tree,
) -> Option<Registry> {
    let [then, now] = [before, healed].map(Registry::by_origin);
    let mut moved: BTreeMap<&RepoPath, &RepoPath> = BTreeMap::new();
    let mut places: BTreeMap<Origin, (&RepoPath, &RepoPath)> = BTreeMap::new();
    for (origin, then) in &then {
        let Some(now) = now.get(origin).filter(|now| now.is_active() && then.is_active()) else {
            continue;
        };
        if now.path != then.path && is_file(tree, &now.path) {
            places.insert(*origin, (&then.path, &now.path));
            if !is_file(tree, &then.path) {
                moved.insert(&then.path, &now.path);
            }
        }
    }
    let goes = |record: &Allocation| {
        let before = then.get(&record.origin);
        if before.is_some_and(|then| then.path == record.path) {
            return None;
        }
        // A note names the record whose path this one took, wherever that one really was.
        let mut taken = record.reassigned_from();
        let taken = taken.find_map(|other| {
            let (then, now) = places.get(&other)?;
            (**then == record.path).then_some(*now)
        });
        let is_new = before.is_none_or(|before| record.adds_evidence_to(before));
        taken.filter(|_| is_new).or_else(|| moved.get(&record.path).copied())
    };
    if places.is_empty() || !own.allocations.iter().any(|record| goes(record).is_some()) {
        return None;
    }
    let mut own = own.clone();
    for record in &mut own.allocations {
        if let Some(path) = goes(record) {
            record.path = path.clone();
        }
        let noted = then.get(&record.origin).and_then(|then| then.text(key::MOVED_FROM));
        let is_new = record.text(key::MOVED_FROM) != noted;
        let left = moved.iter().find(|(from, _)| record.was_moved_from(from));
        if let Some((_, to)) = left.filter(|_| is_new) {
            record.set_text(key::MOVED_FROM, to.to_string());
        }
    }
    Some(own)
}
