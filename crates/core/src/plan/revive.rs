//! Revives the identities of files that come back.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Allocation, BlobId, Origin, RepoPath, Seniority, key};
use crate::rename::{NEARLY_EMPTY, related, similar_enough};

use super::draft::PlanDraft;
use super::situation::{Recent, Situation};

/// Revives deprecated identities for paths without a holder.
///
/// The rules run from the strongest evidence to the weakest. Each rule takes the paths in byte
/// order; if several records match, the most senior one is revived.
pub(super) fn revive(draft: &mut PlanDraft<'_>) {
    let open = draft.unheld();
    let mut deprecated = DeprecatedRecords::of(draft);
    let leaving = |r: &Allocation| r.is_active() && !draft.tracked.contains_key(&r.path);
    if open.is_empty() || (deprecated.is_empty() && !draft.records.values().any(leaving)) {
        return;
    }
    let recent = LastCommits { read: draft.situation.options.recent, known: Default::default() };
    undo_moves(draft, recent.get(0));
    for rule in [same_path, same_bytes, moved_recently] {
        for path in &open {
            if draft.held.contains_key(path) {
                continue;
            }
            if let Some(origin) = rule(draft, &deprecated, &recent, path) {
                deprecated.remove(&draft.records[&origin]);
                draft.activate(origin, path);
            }
        }
    }
}

/// What the last two commits deprecated or moved.
struct LastCommits<'a> {
    read: &'a dyn Fn(usize) -> Recent,
    known: [OnceCell<Recent>; 2],
}

impl LastCommits<'_> {
    /// Returns what HEAD (0) or its first parent (1) deprecated or moved.
    fn get(&self, generation: usize) -> &Recent {
        self.known[generation].get_or_init(|| (self.read)(generation))
    }

    /// Returns whether this commit deprecated a record.
    fn deprecated(&self, generation: usize, record: &Allocation) -> bool {
        self.get(generation).deprecated.contains(&record.origin)
    }
}

/// Moves records that HEAD moved back to their old path, if the file is there again and no longer
/// at the new path, so that `--amend` can undo the move.
fn undo_moves(draft: &mut PlanDraft<'_>, head: &Recent) {
    for (origin, before) in &head.moved {
        let leaving = draft.records.get(origin).is_some_and(|record| {
            (record.is_active() || record.revives()) && !draft.tracked.contains_key(&record.path)
        });
        if leaving && draft.tracked.contains_key(before) && !draft.held.contains_key(before) {
            draft.activate(*origin, before);
        }
    }
}

/// The records that may be revived, by path and by last blob, the most senior first.
#[derive(Default)]
struct DeprecatedRecords {
    by_path: BTreeMap<RepoPath, BTreeSet<Seniority>>,
    by_blob: BTreeMap<BlobId, BTreeSet<Seniority>>,
}

impl DeprecatedRecords {
    fn of(draft: &PlanDraft<'_>) -> Self {
        let mut deprecated = DeprecatedRecords::default();
        let comes_back = |r: &&Allocation| r.revives() && !draft.was_active.contains(&r.origin);
        for record in draft.records.values().filter(comes_back) {
            deprecated.by_path.entry(record.path.clone()).or_default().insert(record.seniority());
            if let Some(blob) = last_blob(record) {
                deprecated.by_blob.entry(blob).or_default().insert(record.seniority());
            }
        }
        deprecated
    }

    fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    fn remove(&mut self, record: &Allocation) {
        if let Some(records) = self.by_path.get_mut(&record.path) {
            records.remove(&record.seniority());
        }
        if let Some(records) = last_blob(record).and_then(|blob| self.by_blob.get_mut(&blob)) {
            records.remove(&record.seniority());
        }
    }
}

/// Returns the first of `candidates` that fits.
fn first<'d>(
    draft: &'d PlanDraft<'_>,
    candidates: Option<&BTreeSet<Seniority>>,
    fits: impl Fn(&'d Allocation) -> bool,
) -> Option<Origin> {
    let mut origins = candidates.into_iter().flatten().map(|(_, origin)| *origin);
    origins.find(|origin| fits(&draft.records[origin]))
}

/// Matches by path: similar content is enough, and any content if HEAD deleted the file.
fn same_path(
    draft: &PlanDraft<'_>,
    deprecated: &DeprecatedRecords,
    recent: &LastCommits<'_>,
    path: &RepoPath,
) -> Option<Origin> {
    let blob = draft.tracked[path].blob;
    first(draft, deprecated.by_path.get(path), |record| {
        recent.deprecated(0, record) || is_similar(draft.situation, record, blob)
    })
}

/// Matches by content: the bytes must be equal and the names related.
fn same_bytes(
    draft: &PlanDraft<'_>,
    deprecated: &DeprecatedRecords,
    _: &LastCommits<'_>,
    path: &RepoPath,
) -> Option<Origin> {
    let blob = draft.tracked[path].blob;
    first(draft, deprecated.by_blob.get(&blob), |record| related(&record.path, path))
}

/// Matches a move that is spread over two commits: equal bytes are enough.
fn moved_recently(
    draft: &PlanDraft<'_>,
    deprecated: &DeprecatedRecords,
    recent: &LastCommits<'_>,
    path: &RepoPath,
) -> Option<Origin> {
    let blob = draft.tracked[path].blob;
    let is_recent =
        |record: &Allocation| recent.deprecated(0, record) || recent.deprecated(1, record);
    let found = first(draft, deprecated.by_blob.get(&blob), is_recent)?;
    let size = draft.situation.blobs.size(blob);
    size.is_none_or(|size| size >= NEARLY_EMPTY).then_some(found)
}

fn last_blob(record: &Allocation) -> Option<BlobId> {
    record.text(key::LAST_BLOB).and_then(|text| text.parse().ok())
}

/// Returns whether a blob is similar to the record's last one. A blob that is not available locally
/// counts as equal, because nothing is fetched for this.
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
