//! [`PathEvidence`]: the reason a new path in a commit gets an identity, strongest evidence first.
//!
//! docs/identity-rules.md describes the order. If a record already holds a new path but a rename
//! would give the path to another record, only this module decides between them.

use crate::registry::{Allocation, Origin, RepoPath, Succession};
use crate::rename::{Pair, similar_enough};

use super::ids_in_files::{carried_at, origin_blob};
use super::path_claims::Claim;
use super::plan_draft::PlanDraft;

/// The evidence that a path has an identity. The first kind that applies decides; if the claim and
/// the rename have the same kind, the record that already holds the path keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PathEvidence {
    /// The file contains the identity.
    Embedded,
    /// A command noted the identity, in this commit.
    Command,
    /// The picked commit has the record, which was allocated for exactly this path and content.
    Origin,
    /// The file has the same content as a file that this commit deletes.
    ExactRename,
    /// Either the picked commit has the record at this path, with content at least as similar as
    /// the deleted file's, or the squashed commits followed the file here.
    Picked,
    /// The file is similar to a file that this commit deletes.
    SimilarRename,
    /// Either only the staged registry has the record, perhaps left over from an aborted commit, or
    /// a parent has it but its file's whereabouts are unknown.
    Leftover,
}

impl PathEvidence {
    /// Returns the evidence for a rename.
    fn of_rename(draft: &PlanDraft<'_>, pair: &Pair) -> Self {
        match has_content_of(draft, &pair.from, &pair.to) {
            true => PathEvidence::ExactRename,
            false => PathEvidence::SimilarRename,
        }
    }

    /// Returns the evidence for the record that holds `pair.to`, for comparison with a rename that
    /// would give the path the identities in `rivals`.
    fn of_holder(
        draft: &PlanDraft<'_>,
        added: &Succession,
        holder: Origin,
        claim: &Claim,
        rename: (&Pair, &[Origin]),
    ) -> Self {
        let Some(record) = draft.records.get(&holder) else { return PathEvidence::Leftover };
        let (pair, rivals) = rename;
        let to = &pair.to;
        if carried_at(draft, to).is_some_and(|id| record.answers_to(id)) {
            return PathEvidence::Embedded;
        }
        let is_moved = matches!(claim, Claim::Moved(_)) && added.concerns(holder);
        // If no parent has the record, its notes may come from a commit that git replayed, and may
        // be about an earlier path. They count only if the other record was moved elsewhere, or if
        // the file was created at this path.
        let is_arrived = matches!(claim, Claim::Arrived | Claim::Staged(None));
        let is_about =
            |from: &Origin| !is_arrived || added.concerns(*from) || is_origin(draft, record, to);
        if is_moved || rivals.iter().any(|from| added.leads(*from, holder) && is_about(from)) {
            return PathEvidence::Command;
        }
        // If several commits are squashed into one, the files were new only in the first of them.
        let is_single = draft.situation.options.sources.len() == 1;
        if is_single && is_picked(draft, holder) && is_origin(draft, record, to) {
            return PathEvidence::Origin;
        }
        match claim {
            // If the record had already ended, it did not hold the file at its path.
            Claim::Moved(before)
                if before.is_active() && has_content_of(draft, &before.path, to) =>
            {
                PathEvidence::ExactRename
            }
            Claim::Moved(_) | Claim::Arrived => PathEvidence::Picked,
            Claim::Staged(_) if is_as_similar(draft, holder, pair) => PathEvidence::Picked,
            Claim::Staged(_) | Claim::Undecided => PathEvidence::Leftover,
        }
    }
}

/// Returns the evidence for the record that holds a path; `None` if the record loses the path to a
/// rename. If a parent gave the record the path, that counts as evidence from a command.
pub(super) fn keeps_path(
    draft: &PlanDraft<'_>,
    added: &Succession,
    holder: Origin,
    rename: (&Pair, &[Origin]),
) -> Option<PathEvidence> {
    let Some(claim) = draft.claims.get(&holder) else { return Some(PathEvidence::Command) };
    let evidence = PathEvidence::of_holder(draft, added, holder, claim, rename);
    Some(evidence).filter(|evidence| *evidence <= PathEvidence::of_rename(draft, rename.0))
}

/// Returns whether a record that claims another path moves to a rename's target instead, because
/// the rename is stronger evidence than the claim.
pub(super) fn yields_path(
    draft: &PlanDraft<'_>,
    added: &Succession,
    origin: Origin,
    rename: (&Pair, &[Origin]),
) -> bool {
    let (Some(record), Some(claim)) = (draft.records.get(&origin), draft.claims.get(&origin))
    else {
        return false;
    };
    let (pair, rivals) = rename;
    if record.path == pair.to {
        return false;
    }
    let elsewhere = Pair { to: record.path.clone(), ..pair.clone() };
    let claimed = PathEvidence::of_holder(draft, added, origin, claim, (&elsewhere, rivals));
    PathEvidence::of_rename(draft, pair) < claimed
}

/// Returns whether the commit being picked has the record.
fn is_picked(draft: &PlanDraft<'_>, origin: Origin) -> bool {
    let mut picked = draft.situation.options.sources.iter().map(|source| source.commit.registry);
    picked.any(|registry| registry.active().any(|record| record.origin == origin))
}

/// Returns whether a record was allocated for exactly this path and its current content.
pub(super) fn is_origin(draft: &PlanDraft<'_>, record: &Allocation, to: &RepoPath) -> bool {
    let situation = draft.situation;
    let blob = origin_blob(situation.config, situation.blobs, to, draft.tracked[to].blob);
    record.origin.is_of_file(to, blob)
}

/// Returns whether the file at `to` has the same content as the parent's file at `from`.
fn has_content_of(draft: &PlanDraft<'_>, from: &RepoPath, to: &RepoPath) -> bool {
    let mut parents = draft.situation.parents.iter();
    parents.any(|p| p.tree.get(from).is_some_and(|old| old.blob == draft.tracked[to].blob))
}

/// Returns whether the file is at least as similar to the record's content before the picked commit
/// as to the rename's source.
fn is_as_similar(draft: &PlanDraft<'_>, origin: Origin, pair: &Pair) -> bool {
    let blobs = draft.situation.blobs;
    let mut before = draft.situation.options.sources.iter().filter_map(|source| source.before);
    before.any(|before| {
        let mut records = before.registry.active();
        let record = records.find(|record| record.origin == origin);
        let last = record.and_then(|record| before.tree.get(&record.path));
        let (Some(last), now) = (last, draft.tracked[&pair.to].blob) else { return false };
        match (blobs.read(last.blob), blobs.read(now)) {
            _ if last.blob == now => true,
            (Some(last), Some(now)) => similar_enough(&last, &now, pair.similarity),
            _ => false,
        }
    })
}
