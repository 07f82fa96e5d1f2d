//! Files that come back take their identity with them.

use std::collections::BTreeSet;

use crate::registry::{Allocation, BlobId, Origin, RepoPath, key};
use crate::rename::{related, similar_enough};

use super::draft::Draft;
use super::{Recent, Situation};

/// Below this size in bytes equal content is no evidence without related names.
const NEARLY_EMPTY: u64 = 32;

/// Gives paths without a holder the retired identity that has a right to them.
pub(super) fn revive(draft: &mut Draft<'_>) {
    let open = draft.unheld();
    let retired = |r: &&Allocation| r.revives() && !draft.was_active.contains(&r.origin);
    let mut candidates: BTreeSet<_> =
        draft.records.values().filter(retired).map(|r| (r.seniority(), r.origin)).collect();
    if open.is_empty() || candidates.is_empty() {
        return;
    }
    let situation = draft.situation;
    let recent = (situation.recent)();
    let rules: [Rule; 3] = [same_path, same_bytes, moved_lately];
    for rule in rules {
        for path in &open {
            if draft.held.contains_key(path) {
                continue;
            }
            let blob = draft.tracked[path].blob;
            let fits = |(_, origin): &&(_, Origin)| {
                rule(situation, &recent, &draft.records[origin], path, blob)
            };
            if let Some(found) = candidates.iter().find(fits).copied() {
                candidates.remove(&found);
                draft.activate(found.1, path);
            }
        }
    }
}

/// Says whether a retired record has a right to a path with a blob.
type Rule = fn(&Situation<'_>, &Recent, &Allocation, &RepoPath, BlobId) -> bool;

/// At the same path similar content is enough, and none is needed if HEAD made the deletion.
fn same_path(
    situation: &Situation<'_>,
    recent: &Recent,
    record: &Allocation,
    path: &RepoPath,
    blob: BlobId,
) -> bool {
    record.path == *path
        && (recent.by_head.contains(&record.origin) || is_similar(situation, record, blob))
}

/// Anywhere else the bytes must be equal and the names related.
fn same_bytes(
    _: &Situation<'_>,
    _: &Recent,
    record: &Allocation,
    path: &RepoPath,
    blob: BlobId,
) -> bool {
    last_blob(record) == Some(blob) && related(&record.path, path)
}

/// A move may be spread over two commits: then equal bytes are enough.
fn moved_lately(
    situation: &Situation<'_>,
    recent: &Recent,
    record: &Allocation,
    _: &RepoPath,
    blob: BlobId,
) -> bool {
    let lately =
        recent.by_head.contains(&record.origin) || recent.by_parent.contains(&record.origin);
    let weighty = situation.blobs.size(blob).is_none_or(|size| size >= NEARLY_EMPTY);
    lately && weighty && last_blob(record) == Some(blob)
}

fn last_blob(record: &Allocation) -> Option<BlobId> {
    record.text(key::LAST_BLOB).and_then(|text| text.parse().ok())
}

/// Returns whether a blob is like the one the record had last; one that is not at hand counts
/// as equal, since nothing is ever fetched for this.
fn is_similar(situation: &Situation<'_>, record: &Allocation, blob: BlobId) -> bool {
    let Some(last) = last_blob(record) else { return true };
    if last == blob {
        return true;
    }
    match (situation.blobs.read(last), situation.blobs.read(blob)) {
        (Some(before), Some(now)) => {
            similar_enough(&before, &now, situation.policy.rename.similarity)
        }
        _ => true,
    }
}
