//! Revives the identities of files that come back, and deprecates the identities of files that are
//! gone.

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet};

use crate::check::is_file;
use crate::registry::{
    Allocation, BlobId, Origin, RepoPath, Seniority, Timestamp, Tree, key, reason,
};
use crate::rename::{BlobCounts, NEARLY_EMPTY, related, similar_enough};

use super::evidence::is_origin;
use super::plan_draft::PlanDraft;
use super::plan_input::{PlanInput, Recent, Unrevived};

/// Maps each path that now has another file to the identity last deprecated there.
pub(super) type Former = BTreeMap<RepoPath, Origin>;

/// Revives deprecated identities for paths without a holder. Returns the identity last deprecated
/// at each path that still has no holder.
///
/// The rules are ordered from strongest to weakest evidence. Each rule goes through the paths in
/// bytewise order; if several records match, the most senior one is revived.
pub(super) fn revive(draft: &mut PlanDraft<'_>) -> Former {
    let mut open = draft.unheld();
    open.retain(|path| !draft.is_undecided(path));
    let deprecated = DeprecatedRecords::of(draft);
    let leaving = |r: &Allocation| r.is_active() && !draft.tracked.contains_key(&r.path);
    let is_none = deprecated.by_path.is_empty() && !draft.records.values().any(leaving);
    if open.is_empty() || is_none {
        return Former::new();
    }
    undo_moves(draft, &deprecated);
    type Rule<'a> = fn(&DeprecatedRecords<'a>, &PlanDraft<'_>, &RepoPath) -> Option<Origin>;
    let rules: [Rule<'_>; 3] = [
        DeprecatedRecords::with_path,
        DeprecatedRecords::with_bytes,
        DeprecatedRecords::moved_recently,
    ];
    for rule in rules {
        for path in &open {
            if !draft.held.contains_key(path)
                && !draft.is_undecided(path)
                && let Some(origin) = rule(&deprecated, draft, path)
            {
                draft.activate(origin, path);
            }
            draft.unread.paths.extend(deprecated.unread.take());
        }
    }
    deprecated.left(draft, open)
}

/// Returns the deprecated identities whose paths now have other files with new identities.
pub(super) fn unrevived(draft: &PlanDraft<'_>, former: Former) -> Vec<Unrevived> {
    let parents = draft.situation.parents.iter().flat_map(|parent| &parent.registry.allocations);
    let known: BTreeSet<Origin> = match former.is_empty() {
        true => BTreeSet::new(),
        false => parents.map(|record| record.origin).collect(),
    };
    let is_new = |path: &RepoPath| draft.held.get(path).is_some_and(|new| !known.contains(new));
    let left = former.into_iter().filter_map(|(path, origin)| {
        let record = draft.records.get(&origin).filter(|record| record.revives())?;
        is_new(&path).then_some(Unrevived { id: record.id, path })
    });
    left.collect()
}

/// Moves records that HEAD moved back to their old paths, if the same file is at the old path again
/// and no longer at the new one.
fn undo_moves(draft: &mut PlanDraft<'_>, deprecated: &DeprecatedRecords<'_>) {
    for (origin, before) in &deprecated.last_commit(0).moved {
        let leaving = draft.records.get(origin).filter(|record| {
            (record.is_active() || record.revives())
                && !draft.tracked.contains_key(&record.path)
                && draft.tracked.contains_key(before)
                && !draft.held.contains_key(before)
        });
        let Some(record) = leaving else { continue };
        let comes_back = is_similar(draft, last_blob(draft.situation, record), before, || true);
        if comes_back.is_none() {
            draft.unread.paths.insert(before.clone());
        }
        if comes_back == Some(true) {
            draft.activate(*origin, before);
        }
    }
}

/// The records that may be revived, by path and by last blob, most senior first.
struct DeprecatedRecords<'a> {
    by_path: BTreeMap<RepoPath, BTreeSet<Seniority>>,
    by_blob: BTreeMap<BlobId, BTreeSet<Seniority>>,
    /// Returns the records that one of the last two commits deprecated or moved; called at most
    /// once for each commit.
    recent: &'a dyn Fn(usize) -> Recent,
    last_commits: [OnceCell<Recent>; 2],
    counts: BlobCounts<'a>,
    /// A file that may have come back, but cannot be compared because content is missing.
    unread: Cell<Option<RepoPath>>,
}

impl<'a> DeprecatedRecords<'a> {
    fn of(draft: &PlanDraft<'a>) -> Self {
        let (mut by_path, mut by_blob) = (BTreeMap::new(), BTreeMap::new());
        let comes_back = |r: &&Allocation| r.revives() && !draft.was_active.contains(&r.origin);
        for record in draft.records.values().filter(comes_back) {
            let same_path: &mut BTreeSet<_> = by_path.entry(record.path.clone()).or_default();
            same_path.insert(record.seniority());
            if let Some(blob) = record.last_blob() {
                let same_blob: &mut BTreeSet<_> = by_blob.entry(blob).or_default();
                same_blob.insert(record.seniority());
            }
        }
        let PlanInput { index, parents, options, .. } = *draft.situation;
        let before = parents.first().map_or(index, |parent| parent.tree);
        let counts = BlobCounts::in_trees(before, index, options.unchanged);
        let (last_commits, unread) = Default::default();
        DeprecatedRecords { by_path, by_blob, recent: options.recent, last_commits, counts, unread }
    }

    /// Returns the records that HEAD (0) or its first parent (1) deprecated or moved.
    fn last_commit(&self, generation: usize) -> &Recent {
        self.last_commits[generation].get_or_init(|| (self.recent)(generation))
    }

    /// Returns whether one of the last two commits, HEAD (0) or its first parent (1), deprecated a
    /// record.
    fn was_deprecated_by(&self, generation: usize, record: &Allocation) -> bool {
        self.last_commit(generation).deprecated.contains(&record.origin)
    }

    /// Matches by path. A file that a parent has keeps its identity in any case, even if it was
    /// deleted by another commit, which is now being replaced by amending, squashing or rebasing. A
    /// file that the rules excluded but that stayed in git's tree is the same file; any other file
    /// must have similar content. If there is hardly any content, it is enough that one of the last
    /// two commits deleted the file.
    fn with_path(&self, draft: &PlanDraft<'_>, path: &RepoPath) -> Option<Origin> {
        let in_parent = || draft.situation.parents.iter().any(|p| is_file(p.tree, path));
        let mut is_unread = false;
        let found = first(draft, self.by_path.get(path), |record| {
            // A more senior record whose file could not be compared may be the right match.
            if is_unread {
                return false;
            }
            let is_recent = || (0..2).any(|n| self.was_deprecated_by(n, record));
            // A file whose record the merge driver ended comes back only with the content it was
            // allocated for.
            if record.is_ended_by_driver() {
                return is_origin(draft, record, path);
            }
            let found = is_similar(draft, record.last_blob(), path, is_recent);
            // The file's history is read only if its content does not settle the question.
            let has_stayed = || (draft.situation.options.has_stayed)(path, record.origin);
            let why = record.text(key::DEPRECATED_REASON);
            if found != Some(true) && why == Some(reason::EXCLUDED) && in_parent() && has_stayed() {
                return true;
            }
            is_unread = found.is_none();
            found == Some(true)
        });
        self.unread.set(is_unread.then(|| path.clone()));
        found
    }

    /// Returns the identity last deprecated at each remaining path.
    fn left(&self, draft: &PlanDraft<'_>, open: Vec<RepoPath>) -> Former {
        let last = |path: &RepoPath| {
            let records = self.by_path.get(path)?.iter().map(|(_, origin)| &draft.records[origin]);
            let left = records.filter(|record| record.revives());
            left.max_by_key(|r| (r.text(key::DEPRECATED_AT), r.seniority())).map(|r| r.origin)
        };
        let open = open.into_iter().filter(|path| !draft.held.contains_key(path));
        open.filter_map(|path| Some((last(&path)?, path))).map(|(o, path)| (path, o)).collect()
    }

    /// Matches by content: the bytes must be equal and the names related.
    fn with_bytes(&self, draft: &PlanDraft<'_>, path: &RepoPath) -> Option<Origin> {
        let blob = draft.tracked[path].blob;
        first(draft, self.by_blob.get(&blob), |record| related(&record.path, path))
    }

    /// Matches a move that was split across two commits: identical bytes are enough, unless several
    /// other files have them.
    fn moved_recently(&self, draft: &PlanDraft<'_>, path: &RepoPath) -> Option<Origin> {
        let blob = draft.tracked[path].blob;
        let is_recent = |record: &Allocation| (0..2).any(|n| self.was_deprecated_by(n, record));
        let found = first(draft, self.by_blob.get(&blob), is_recent)?;
        // Identical content is weak evidence if it is only a few bytes long.
        let is_small = draft.situation.blobs.size(blob).is_some_and(|size| size < NEARLY_EMPTY);
        (!is_small && !self.counts.is_common(blob)).then_some(found)
    }
}

/// Returns the first of `candidates` that matches and has not been revived yet.
fn first<'d>(
    draft: &'d PlanDraft<'_>,
    candidates: Option<&BTreeSet<Seniority>>,
    mut fits: impl FnMut(&'d Allocation) -> bool,
) -> Option<Origin> {
    let records = candidates.into_iter().flatten().map(|(_, origin)| &draft.records[origin]);
    records.filter(|record| record.revives()).find(|record| fits(record)).map(|r| r.origin)
}

/// Returns whether the file at `path` is similar to a blob; `None` if the clone lacks either of
/// them. If either has hardly any content, it is enough that the blob was there recently. A blob
/// missing from every clone counts as similar, because nobody can compare it. So does the file of a
/// record that names no blob.
fn is_similar(
    draft: &PlanDraft<'_>,
    before: Option<BlobId>,
    path: &RepoPath,
    is_recent: impl Fn() -> bool,
) -> Option<bool> {
    let PlanInput { config, blobs, .. } = *draft.situation;
    let now = draft.tracked[path].blob;
    let is_small = |blob: BlobId| blobs.size(blob).is_some_and(|size| size < NEARLY_EMPTY);
    // The record was written before its file existed, and is waiting for it.
    let Some(before) = before else { return Some(true) };
    if before == now {
        return Some(true);
    }
    // Both blobs are requested, so that they can be fetched together.
    let similar = match (blobs.read(before), blobs.read(now)) {
        (Some(old), Some(new)) => Some(similar_enough(&old, &new, config.rename.similarity)),
        (None, _) => (!blobs.may_lack(before)).then_some(true),
        (_, None) => (!blobs.may_lack(now)).then_some(true),
    };
    match similar {
        Some(true) => Some(true),
        _ if (is_small(before) || is_small(now)) && is_recent() => Some(true),
        unsure => unsure,
    }
}

/// Deprecates every active record whose path is not tracked. Returns how many of these records have
/// lost their file.
pub(super) fn retire(draft: &mut PlanDraft<'_>) -> usize {
    let mut without_file = 0;
    let situation = draft.situation;
    let offered = situation.options.offered.iter().flat_map(|registry| &registry.allocations);
    let offered: BTreeMap<Origin, &Allocation> = offered.map(|r| (r.origin, r)).collect();
    let undecided = &draft.undecided.records;
    let is_gone = |r: &&mut Allocation| {
        r.is_active() && !draft.tracked.contains_key(&r.path) && !undecided.contains(&r.origin)
    };
    for record in draft.records.values_mut().filter(is_gone) {
        if let Some(ended) = ended_before(situation, record) {
            record.take_status_of(ended);
            continue;
        }
        let why = why(situation, &record.path);
        let blob = blob_before(situation, &record.path).map(|blob| blob.to_string());
        let earlier = offered.get(&record.origin).copied();
        let at = earlier_date(earlier, record, blob.as_deref()).unwrap_or(situation.now);
        record.retire(why, Some(at), blob);
        without_file += usize::from(why != reason::EXCLUDED);
    }
    without_file
}

/// Returns the record from the only parent, if the file was already gone there. A plain git revert
/// brings back such a record without its file, and content that appears at the path later does not
/// belong to the record.
fn ended_before<'a>(situation: &PlanInput<'a>, record: &Allocation) -> Option<&'a Allocation> {
    let [parent] = situation.parents else { return None };
    let mut records = parent.registry.allocations.iter();
    records.find(|then| then.origin == record.origin).filter(|then| then.revives())
}

fn why(situation: &PlanInput<'_>, path: &RepoPath) -> &'static str {
    if is_file(situation.index, path) {
        return reason::EXCLUDED;
    }
    match (situation.parents.len(), situation.options.reverting) {
        (2.., _) => reason::MERGED,
        (_, true) => reason::REVERTED,
        _ => reason::DELETED,
    }
}

/// Returns the file's last blob, from the index or the parents. If the parents differ, the smallest
/// blob is used, so that the result does not depend on which branch is checked out.
fn blob_before(situation: &PlanInput<'_>, path: &RepoPath) -> Option<BlobId> {
    let blob = |tree: &Tree| tree.get(path).filter(|e| e.mode.is_file()).map(|e| e.blob);
    let before = || situation.parents.iter().filter_map(|parent| blob(parent.tree)).min();
    blob(situation.index).or_else(before)
}

/// Returns the last blob for a record that is deprecated or whose file is gone.
fn last_blob(situation: &PlanInput<'_>, record: &Allocation) -> Option<BlobId> {
    if record.is_active() { blob_before(situation, &record.path) } else { record.last_blob() }
}

/// Returns the date that an aborted commit used for the same deprecation, so that repeating the
/// commit produces the same bytes.
fn earlier_date(
    earlier: Option<&Allocation>,
    record: &Allocation,
    blob: Option<&str>,
) -> Option<Timestamp> {
    let earlier = earlier?;
    let same =
        earlier.revives() && earlier.path == record.path && earlier.text(key::LAST_BLOB) == blob;
    earlier.text(key::DEPRECATED_AT).filter(|_| same)?.parse().ok()
}
