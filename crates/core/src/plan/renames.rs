//! Moves identities along with renamed files.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use crate::check::{Parent, is_file};
use crate::config::is_own;
use crate::registry::{
    Allocation, Change, Origin, RepoPath, Seniority, Status, Succession, grouped, key,
};
use crate::rename::{BlobCounts, Pair, Pairs, WholeTrees, pair_in_trees, siblings_in};

use super::evidence::{PathEvidence, keeps_path, yields_path};
use super::{plan_draft::PlanDraft, plan_input::PlanInput};

/// A rename that would give `to` the identities at `from`.
struct RenameCandidate {
    dissimilarity: u8,
    seniority: Seniority,
    pair: Pair,
    origins: Vec<Origin>,
}

/// Moves every record at a renamed path, including shadowed ones. Returns whether a limit excluded
/// any files.
///
/// The changes are computed against every parent, so that the result of a merge does not depend on
/// which branch is checked out.
pub(super) fn follow(draft: &mut PlanDraft<'_>) -> bool {
    let targets = targets(draft);
    if targets.is_empty() {
        return false;
    }
    let situation = draft.situation;
    let mut candidates = Vec::new();
    let mut is_skipped = false;
    for parent in situation.parents {
        let pairs = pairs(situation, parent);
        draft.note_unread(parent, &pairs, &targets);
        if let Some(skipped) = &pairs.skipped {
            is_skipped = true;
            draft.note_skipped(parent, skipped, &targets);
        }
        let records = records_of(parent);
        let relevant = pairs.renames.iter().filter(|pair| targets.contains(&pair.to));
        candidates.extend(relevant.filter_map(|pair| candidate(&records, pair)));
        draft.copies.push(pairs.copies);
        draft.near.extend(pairs.near);
    }
    let mut candidates = merge_candidates(candidates);
    // The strongest evidence is applied first; the remaining criteria make all clones agree on the
    // order.
    candidates.sort_by(|a, b| {
        let order = |c: &RenameCandidate| (c.dissimilarity, c.seniority);
        order(a).cmp(&order(b)).then_with(|| a.pair.to.cmp(&b.pair.to))
    });
    let mut placed: BTreeSet<Origin> = draft.held.values().copied().collect();
    let added = draft.succession();
    for candidate in candidates {
        apply(draft, &candidate, &mut placed, &added);
    }
    is_skipped
}

/// Combines candidates from several parents that move the same record to the same path: keeps the
/// strongest evidence and all the parents' records.
fn merge_candidates(candidates: Vec<RenameCandidate>) -> Vec<RenameCandidate> {
    let mut merged: BTreeMap<(RepoPath, Seniority), RenameCandidate> = BTreeMap::new();
    for candidate in candidates {
        match merged.entry((candidate.pair.to.clone(), candidate.seniority)) {
            Entry::Vacant(place) => drop(place.insert(candidate)),
            Entry::Occupied(mut place) => {
                let existing = place.get_mut();
                if candidate.dissimilarity < existing.dissimilarity {
                    existing.dissimilarity = candidate.dissimilarity;
                    existing.pair = candidate.pair;
                }
                existing.origins.extend(candidate.origins);
            }
        }
    }
    for candidate in merged.values_mut() {
        let first = candidate.seniority.1;
        candidate.origins.sort_unstable_by_key(|origin| (*origin != first, *origin));
        candidate.origins.dedup();
    }
    merged.into_values().collect()
}

/// The records at each of a parent's paths.
type RecordsByPath<'a> = BTreeMap<&'a RepoPath, Vec<&'a Allocation>>;

/// Returns the records at each of a parent's paths: the holder first, then those it shadows.
fn records_of<'a>(parent: &Parent<'a>) -> RecordsByPath<'a> {
    let by_command = |r: &Allocation| r.is_deprecated_by_command() && is_file(parent.tree, &r.path);
    let records = parent.registry.allocations.iter().filter(|r| r.is_active() || by_command(r));
    let mut paths = grouped(records.map(|record| (&record.path, record)));
    for records in paths.values_mut() {
        records.sort_by_key(|r| (!r.is_active(), r.seniority()));
    }
    paths
}

/// Returns the paths to which an identity may move: paths without a holder, and paths whose holder
/// was not put there by a parent.
fn targets(draft: &PlanDraft<'_>) -> BTreeSet<RepoPath> {
    let claimed = draft.held.iter().filter(|(_, origin)| draft.claims.contains_key(origin));
    let claimed = claimed.map(|(path, _)| path.clone());
    draft.unheld().into_iter().chain(claimed).collect()
}

/// Returns the renames and copies between a parent and the index.
fn pairs(situation: &PlanInput<'_>, parent: &Parent<'_>) -> Pairs {
    let mut changes = Change::between(parent.tree, situation.index);
    // idhooks' own files have no identities to move.
    changes.retain(|change| !is_own(&change.path));
    let PlanInput { config, blobs, index, options, .. } = *situation;
    let counts = BlobCounts::in_trees(parent.tree, index, options.unchanged);
    let paths_with = |blob| counts.of(blob).into_iter().fold(0, u32::max);
    let siblings = |path: &RepoPath| match options.siblings {
        Some(siblings) => siblings(path),
        None => siblings_in(parent.tree, path),
    };
    let trees = WholeTrees { paths_with: &paths_with, siblings: &siblings };
    pair_in_trees(&changes, blobs, &config.rename, trees)
}

fn candidate(records: &RecordsByPath<'_>, pair: &Pair) -> Option<RenameCandidate> {
    let records = records.get(&pair.from)?;
    Some(RenameCandidate {
        dissimilarity: 100 - pair.similarity,
        seniority: records.first()?.seniority(),
        pair: pair.clone(),
        origins: records.iter().map(|record| record.origin).collect(),
    })
}

fn apply(
    draft: &mut PlanDraft<'_>,
    candidate: &RenameCandidate,
    placed: &mut BTreeSet<Origin>,
    added: &Succession,
) {
    let to = &candidate.pair.to;
    let holder = draft.held.get(to).copied();
    let rename = (&candidate.pair, &*candidate.origins);
    if let Some(holder) = holder
        && let Some(evidence) = keeps_path(draft, added, holder, rename)
    {
        // A later check of this commit cannot know which commit was picked, so the record needs the
        // note.
        if (evidence, candidate.dissimilarity) == (PathEvidence::Origin, 0)
            && let Some(record) = draft.records.get_mut(&holder)
            && let Some(from) = candidate.origins.first()
        {
            record.add_link(key::REASSIGNED_FROM, &from.to_string());
        }
        return;
    }
    let free = |origin: &Origin| {
        draft.records.get(origin).is_some_and(|r| {
            let alive = r.is_active() || r.revives() || r.is_deprecated_by_command();
            // A merge may already have moved the record to the new path.
            let leaves = r.path == *to || !draft.tracked.contains_key(&r.path);
            let is_free = leaves && !placed.contains(origin);
            alive && (is_free || yields_path(draft, added, *origin, rename))
        })
    };
    let origins: Vec<Origin> = candidate.origins.iter().copied().filter(free).collect();
    // The file belongs to an identity that a command ended in this commit, so no other identity may
    // take it over.
    let is_ended = |origin: &Origin| {
        draft.records.get(origin).is_some_and(|record| record.status == Status::Superseded)
    };
    let are_ended = || candidate.dissimilarity == 0 && candidate.origins.iter().all(is_ended);
    let first = origins.first().copied();
    if first.is_none() && !are_ended() {
        return;
    }
    if let Some(holder) = holder {
        draft.held.remove(to);
        draft.give_up_claim(holder, to);
        placed.remove(&holder);
    }
    for origin in origins {
        if let Some(record) = draft.records.get_mut(&origin) {
            if draft.held.get(&record.path) == Some(&origin) {
                draft.held.remove(&record.path);
            }
            record.follow(to.clone());
        }
        draft.claims.remove(&origin);
        placed.insert(origin);
    }
    draft.held.extend(first.map(|first| (to.clone(), first)));
}
