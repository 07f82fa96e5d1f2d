//! Files that carry their identity inside keep it, wherever they go.
//!
//! Only where the rules say that they carry one, and only if exactly one file does: of those that
//! the commit changes and the one that the identity belongs to. Then it follows that file even
//! where the old path still has one.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Config;
use crate::embed;
use crate::registry::{BlobId, Change, Id, Origin, RepoPath, key, reason};
use crate::rename::Blobs;

use super::draft::PlanDraft;
use super::links;

/// Returns the blob that the origin of a file is made from: the content without the identity it
/// carries, so that a file brought over from where it got one is the same allocation.
pub(super) fn bare(config: &Config, blobs: &dyn Blobs, path: &RepoPath, blob: BlobId) -> BlobId {
    if !config.embeds(path) {
        return blob;
    }
    let content = blobs.read(blob);
    let stripped = content.and_then(|content| embed::strip(path, &content));
    stripped.and_then(|content| blobs.id_of(&content)).unwrap_or(blob)
}

/// Which identity somebody took away from a path that still has a file.
pub(super) type Vacated = BTreeMap<RepoPath, Origin>;

/// Lets identities follow the files that carry them; returns the paths whose files stay behind
/// with another one or none.
pub(super) fn follow(draft: &mut PlanDraft<'_>) -> Vacated {
    let mut vacated = Vacated::new();
    if !draft.situation.config.embeds_anything() {
        return vacated;
    }
    let moves = moves(draft);
    for (origin, to) in &moves {
        let from = draft.records[origin].path.clone();
        if draft.held.get(&from) == Some(origin) {
            draft.held.remove(&from);
            vacated.insert(from, *origin);
        }
        if let Some(other) = draft.held.get(to).copied().filter(|other| other != origin) {
            draft.held.remove(to);
            vacated.insert(to.clone(), other);
        }
    }
    for (origin, to) in &moves {
        draft.activate(*origin, to);
    }
    retire_displaced(draft, &vacated);
    vacated
}

/// Retires those whose path another one took, and that carry on nowhere.
fn retire_displaced(draft: &mut PlanDraft<'_>, vacated: &Vacated) {
    let placed: BTreeSet<Origin> = draft.held.values().copied().collect();
    for (path, origin) in vacated.iter().filter(|(_, origin)| !placed.contains(origin)) {
        let parents = draft.situation.parents.iter();
        let before = parents.filter_map(|parent| parent.tree.get(path)).map(|entry| entry.blob);
        let blob = before.min().map(|blob| blob.to_string());
        if let Some(record) = draft.records.get_mut(origin) {
            record.retire(reason::DELETED, Some(draft.situation.now), blob);
        }
    }
}

/// Notes with every record that has a path now whose it was: that it was taken on purpose.
pub(super) fn note(draft: &mut PlanDraft<'_>, vacated: &Vacated) {
    for (path, before) in vacated {
        let holder = draft.held.get(path).copied().filter(|holder| holder != before);
        if let Some(record) = holder.and_then(|holder| draft.records.get_mut(&holder)) {
            links::add(record, key::REASSIGNED_FROM, &before.to_string());
        }
    }
}

/// Returns which record goes to which file, since that one alone carries it.
fn moves(draft: &PlanDraft<'_>) -> BTreeMap<Origin, RepoPath> {
    let mut by_id: BTreeMap<Id, Origin> = BTreeMap::new();
    for record in draft.records.values().filter(|r| r.is_active() || r.revives()) {
        by_id.extend(record.aliases.iter().map(|alias| (*alias, record.origin)));
    }
    let alive = draft.records.values().filter(|r| r.is_active() || r.revives());
    by_id.extend(alive.map(|record| (record.id, record.origin)));
    let mut carriers: BTreeMap<Origin, Vec<RepoPath>> = BTreeMap::new();
    for path in changed(draft) {
        let carried = carried_at(draft, &path).and_then(|id| by_id.get(&id));
        if let Some(origin) = carried {
            carriers.entry(*origin).or_default().push(path);
        }
    }
    let base = draft.situation.base.iter().flat_map(|registry| &registry.allocations);
    let before: BTreeMap<Origin, &RepoPath> = base.map(|r| (r.origin, &r.path)).collect();
    let mut moves = BTreeMap::new();
    for (origin, mut paths) in carriers {
        let record = &draft.records[&origin];
        let [path] = paths.as_mut_slice() else { continue };
        let holds = draft.held.get(&record.path) == Some(&origin);
        // Who has its path by now, or took it from there, did so on purpose.
        let is_home = (holds && record.path == *path) || before.get(&origin) == Some(&&*path);
        let stays =
            holds && carried_at(draft, &record.path).is_some_and(|id| record.answers_to(id));
        if !is_home && !stays {
            moves.insert(origin, std::mem::replace(path, record.path.clone()));
        }
    }
    moves
}

/// Returns whose copy a new file is, as far as what it carries tells that.
pub(super) fn origin_of_copy(draft: &PlanDraft<'_>, path: &RepoPath) -> Option<Id> {
    let id = carried_at(draft, path)?;
    let record = draft.records.values().find(|record| record.answers_to(id))?;
    (record.path != *path && record.is_active()).then_some(record.id)
}

/// Returns the identity that the file at a path carries, where the rules say that it does.
fn carried_at(draft: &PlanDraft<'_>, path: &RepoPath) -> Option<Id> {
    let entry = draft.tracked.get(path).filter(|_| draft.situation.config.embeds(path))?;
    embed::read_id(path, &draft.situation.blobs.read(entry.blob)?)
}

/// Returns the files that carry identities by the rules and that no parent has as they are.
fn changed(draft: &PlanDraft<'_>) -> BTreeSet<RepoPath> {
    let situation = draft.situation;
    let concerned =
        |path: &RepoPath| draft.tracked.contains_key(path) && situation.config.embeds(path);
    let mut changed: Option<BTreeSet<RepoPath>> = None;
    for parent in situation.parents {
        let changes = Change::between(parent.tree, situation.index);
        let paths: BTreeSet<RepoPath> =
            changes.into_iter().map(|change| change.path).filter(concerned).collect();
        changed = Some(match changed {
            None => paths,
            Some(known) => known.intersection(&paths).cloned().collect(),
        });
    }
    changed.unwrap_or_default()
}
