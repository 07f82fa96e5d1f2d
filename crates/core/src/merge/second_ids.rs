//! Keeps second identities intact in a merge: each names a single file, and none is lost.

use std::collections::BTreeSet;

use crate::registry::{Allocation, Registry, held_doc_ids, key};

use super::merge_input::RecordMap;

/// If the sides gave the same second identity to different records, takes it from the junior
/// record, which keeps it as a displaced identity. If one side already has a second identity on two
/// records, both keep it, and the users decide.
pub(super) fn keep_unique(registry: &mut Registry, sides: [&RecordMap; 2]) {
    registry.keep_doc_ids_unique(&sides.map(|side| held_doc_ids(side.values())));
}

/// Keeps all second identities of a record whose metadata was merged: the displaced ones from both
/// sides, and both new ones if each side assigned its own.
pub(super) fn keep_displaced(
    record: &mut Allocation,
    base: Option<&Allocation>,
    ours: &Allocation,
    theirs: &Allocation,
) {
    // If only one side changed the metadata, its version was taken as a whole, so nothing was lost.
    let is_of_base = |side: &Allocation| base.is_some_and(|base| base.metadata == side.metadata);
    if ours.metadata == theirs.metadata || is_of_base(ours) || is_of_base(theirs) {
        return;
    }
    let [mine, other] = [ours, theirs].map(Allocation::displaced_doc_ids);
    let before = base.map(Allocation::displaced_doc_ids).unwrap_or_default();
    let is_kept = |doc_id: &&String| {
        !before.contains(*doc_id) || (mine.contains(*doc_id) && other.contains(*doc_id))
    };
    let mut kept: BTreeSet<String> = mine.union(&other).filter(is_kept).cloned().collect();
    let doc_id = |record: &'_ Allocation| record.text(key::DOC_ID).map(str::to_owned);
    let (before, given) = (base.and_then(doc_id), [ours, theirs].map(doc_id));
    if given.iter().all(|given| given.is_some() && *given != before) {
        kept.extend(given.into_iter().flatten());
    }
    if let Some(own) = record.text(key::DOC_ID) {
        kept.remove(own);
    }
    record.set_displaced_doc_ids(&kept);
}
