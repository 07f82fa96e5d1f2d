//! Files that come back take their identity with them.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Allocation, BlobId, Origin, RepoPath, Seniority, key};
use crate::rename::{NEARLY_EMPTY, related, similar_enough};

use super::draft::PlanDraft;
use super::{Recent, Situation};

/// Gives paths without a holder the retired identity that has a right to them.
///
/// The rules go from the best evidence to the weakest; within a rule the paths go in byte
/// order, and of several records the most senior one comes back.
pub(super) fn revive(draft: &mut PlanDraft<'_>) {
    let open = draft.unheld();
    let mut retired = Retired::of(draft);
    let leaving = |r: &Allocation| r.is_active() && !draft.tracked.contains_key(&r.path);
    if open.is_empty() || (retired.is_empty() && !draft.records.values().any(leaving)) {
        return;
    }
    let recent = (draft.situation.recent)();
    take_back(draft, &recent);
    for rule in [same_path, same_bytes, moved_lately] {
        for path in &open {
            if draft.held.contains_key(path) {
                continue;
            }
            if let Some(origin) = rule(draft, &retired, &recent, path) {
                retired.take(&draft.records[&origin]);
                draft.activate(origin, path);
            }
        }
    }
}

/// Brings records back that HEAD moved, where their file now is at its old path again and not
/// at the new one.
fn take_back(draft: &mut PlanDraft<'_>, recent: &Recent) {
    for (origin, before) in &recent.moved {
        let leaving = draft.records.get(origin).is_some_and(|record| {
            (record.is_active() || record.revives()) && !draft.tracked.contains_key(&record.path)
        });
        if leaving && draft.tracked.contains_key(before) && !draft.held.contains_key(before) {
            draft.activate(*origin, before);
        }
    }
}

/// The records that may come back, by what they are looked up by; the most senior first.
#[derive(Default)]
struct Retired {
    by_path: BTreeMap<RepoPath, BTreeSet<Seniority>>,
    by_blob: BTreeMap<BlobId, BTreeSet<Seniority>>,
}

impl Retired {
    fn of(draft: &PlanDraft<'_>) -> Self {
        let mut retired = Retired::default();
        let comes_back = |r: &&Allocation| r.revives() && !draft.was_active.contains(&r.origin);
        for record in draft.records.values().filter(comes_back) {
            retired.by_path.entry(record.path.clone()).or_default().insert(record.seniority());
            if let Some(blob) = last_blob(record) {
                retired.by_blob.entry(blob).or_default().insert(record.seniority());
            }
        }
        retired
    }

    fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    fn take(&mut self, record: &Allocation) {
        if let Some(records) = self.by_path.get_mut(&record.path) {
            records.remove(&record.seniority());
        }
        if let Some(records) = last_blob(record).and_then(|blob| self.by_blob.get_mut(&blob)) {
            records.remove(&record.seniority());
        }
    }
}

/// Returns the record of `candidates` that comes first and fits.
fn first<'d>(
    draft: &'d PlanDraft<'_>,
    candidates: Option<&BTreeSet<Seniority>>,
    fits: impl Fn(&'d Allocation) -> bool,
) -> Option<Origin> {
    let mut origins = candidates.into_iter().flatten().map(|(_, origin)| *origin);
    origins.find(|origin| fits(&draft.records[origin]))
}

/// At the same path similar content is enough, and none is needed if HEAD made the deletion.
fn same_path(
    draft: &PlanDraft<'_>,
    retired: &Retired,
    recent: &Recent,
    path: &RepoPath,
) -> Option<Origin> {
    let blob = draft.tracked[path].blob;
    first(draft, retired.by_path.get(path), |record| {
        recent.by_head.contains(&record.origin) || is_similar(draft.situation, record, blob)
    })
}

/// Anywhere else the bytes must be equal and the names related.
fn same_bytes(
    draft: &PlanDraft<'_>,
    retired: &Retired,
    _: &Recent,
    path: &RepoPath,
) -> Option<Origin> {
    let blob = draft.tracked[path].blob;
    first(draft, retired.by_blob.get(&blob), |record| related(&record.path, path))
}

/// A move may be spread over two commits: then equal bytes are enough.
fn moved_lately(
    draft: &PlanDraft<'_>,
    retired: &Retired,
    recent: &Recent,
    path: &RepoPath,
) -> Option<Origin> {
    let blob = draft.tracked[path].blob;
    let lately = |record: &Allocation| {
        recent.by_head.contains(&record.origin) || recent.by_parent.contains(&record.origin)
    };
    let found = first(draft, retired.by_blob.get(&blob), lately)?;
    let size = draft.situation.blobs.size(blob);
    size.is_none_or(|size| size >= NEARLY_EMPTY).then_some(found)
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
            similar_enough(&before, &now, situation.config.rename.similarity)
        }
        _ => true,
    }
}
