//! Makes embedded identities follow their files, wherever the files go.
//!
//! This applies only to files that the rules name. An identity follows its carrier only if exactly
//! one file carries it among the files that the commit changes and the identity's current file. It
//! then does so even if there is still a file at the old path, which carried it before, but never
//! displaces the identity of a path that stays.

use std::collections::{BTreeMap, BTreeSet};

use super::plan_draft::PlanDraft;
use crate::check::Parent;
use crate::config::Config;
use crate::embed;
use crate::registry::{Allocation, BlobId, Change, Id, Origin, RepoPath, grouped, key};
use crate::rename::Blobs;

/// Returns the blob from which a file's origin is computed: the content without the embedded
/// identity, because writing an identity into a file must not turn it into another allocation.
pub fn origin_blob(config: &Config, blobs: &dyn Blobs, path: &RepoPath, blob: BlobId) -> BlobId {
    if !config.embeds(path) {
        return blob;
    }
    let content = blobs.read(blob);
    let stripped = content.and_then(|content| embed::strip(path, &content));
    stripped.and_then(|content| blobs.id_of(&content)).unwrap_or(blob)
}

/// Maps paths that still have a file to the identities that left them.
pub(super) type Vacated = BTreeMap<RepoPath, Origin>;

/// Moves identities to the files that carry them; returns the paths that lost their identity but
/// still have a file.
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
    // All paths are freed first, because files may have swapped identities.
    for (origin, to) in &moves {
        draft.activate(*origin, to);
    }
    retire_displaced(draft, &vacated);
    vacated
}

/// Deprecates identities that lost their path without getting another.
fn retire_displaced(draft: &mut PlanDraft<'_>, vacated: &Vacated) {
    let placed: BTreeSet<Origin> = draft.held.values().copied().collect();
    for (path, origin) in vacated.iter().filter(|(_, origin)| !placed.contains(origin)) {
        draft.end(*origin, path);
    }
}

/// Notes the former holder in every record that took over its path, unless the record, or one in
/// between, already has such a note.
pub(super) fn note_reassignments(draft: &mut PlanDraft<'_>, mut vacated: Vacated) {
    if !draft.vacated.is_empty() {
        let succession = draft.succession();
        let is_noted = |(path, before): &(&RepoPath, &Origin)| {
            draft.held.get(*path).is_some_and(|holder| succession.leads(**before, *holder))
        };
        let open = draft.vacated.iter().filter(|left| !is_noted(left));
        vacated.extend(open.map(|(path, before)| (path.clone(), *before)));
    }
    for (path, before) in &vacated {
        let holder = draft.held.get(path).copied().filter(|holder| holder != before);
        let Some(record) = holder.and_then(|holder| draft.records.get_mut(&holder)) else {
            continue;
        };
        record.add_link(key::REASSIGNED_FROM, &before.to_string());
        // A note that an earlier commit left does not explain this move.
        let mut then =
            draft.situation.parents.iter().flat_map(|parent| &parent.registry.allocations);
        let then = then.find(|then| then.origin == record.origin);
        if let Some(then) = then.filter(|then| !record.adds_evidence_to(then)) {
            record.set_text(key::MOVED_FROM, then.path.to_string());
        }
    }
}

/// Returns the records to move, each with the path of the only file that carries its identity.
fn moves(draft: &PlanDraft<'_>) -> BTreeMap<Origin, RepoPath> {
    let alive = || draft.records.values().filter(|r| r.is_active() || r.revives());
    let aliases = alive().flat_map(|r| r.aliases.iter().map(|alias| (*alias, r.origin)));
    // An identity outweighs an equal alias, so identities come last and overwrite aliases.
    let by_id: BTreeMap<Id, Origin> = aliases.chain(alive().map(|r| (r.id, r.origin))).collect();
    let carried = |path: RepoPath| Some((*by_id.get(&carried_at(draft, &path)?)?, path));
    let carriers = grouped(changed(draft).into_iter().filter_map(carried));
    let held = || draft.situation.parents.iter().flat_map(Parent::held);
    let before: BTreeMap<Origin, &RepoPath> = held().map(|(path, r)| (r.origin, path)).collect();
    let mut moves = BTreeMap::new();
    for (origin, mut paths) in carriers {
        let record = &draft.records[&origin];
        let [path] = paths.as_mut_slice() else { continue };
        let holds = draft.held.get(&record.path) == Some(&origin);
        // A record that already holds this path, or was moved away from it, is where it should be.
        let is_placed = (holds && record.path == *path) || before.get(&origin) == Some(&&*path);
        let stays = holds
            && (carried_at(draft, &record.path).is_some_and(|id| record.answers_to(id))
                || !carried_before(draft, record));
        if !is_placed && !stays {
            moves.insert(origin, std::mem::replace(path, record.path.clone()));
        }
    }
    // A path that stays keeps its identity, unless the file of that identity takes it along.
    let kept: BTreeSet<&RepoPath> = held().map(|(path, _)| path).collect();
    loop {
        let leaving: BTreeSet<Origin> = moves.keys().copied().collect();
        moves.retain(|_, to| {
            !kept.contains(to) || draft.held.get(to).is_none_or(|other| leaving.contains(other))
        });
        if moves.len() == leaving.len() {
            return moves;
        }
    }
}

/// Returns the identity of the file that a new file was copied from, judging by the identity
/// embedded in the new file.
pub(super) fn origin_of_copy(draft: &PlanDraft<'_>, path: &RepoPath) -> Option<Id> {
    let id = carried_at(draft, path)?;
    let record = draft.records.values().find(|record| record.answers_to(id))?;
    (record.path != *path && record.is_active()).then_some(record.id)
}

/// Returns the identity embedded in the file at a path, if the rules allow the file to carry one.
pub(super) fn carried_at(draft: &PlanDraft<'_>, path: &RepoPath) -> Option<Id> {
    let entry = draft.tracked.get(path).filter(|_| draft.situation.config.embeds(path))?;
    embed::read_id(path, &draft.situation.blobs.read(entry.blob)?)
}

/// Returns whether a parent's file at the path of a record carried its identity. If none did, the
/// number in another file is only a copy of it.
fn carried_before(draft: &PlanDraft<'_>, record: &Allocation) -> bool {
    let situation = draft.situation;
    let mut files = situation.parents.iter().filter_map(|parent| parent.tree.get(&record.path));
    files.any(|entry| {
        let content = situation.blobs.read(entry.blob);
        let id = content.and_then(|content| embed::read_id(&record.path, &content));
        id.is_some_and(|id| record.answers_to(id))
    })
}

/// Returns the files that may carry identities and that differ from every parent.
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
