//! Checks that merges keep the identities that their parents show.

use std::collections::{BTreeMap, BTreeSet};

use crate::judge::View;
use crate::judge::view::Record;

/// Returns the paths of a merge that lost the identity which its parents show for them; each parent
/// comes with its promise.
///
/// A parent shows the promised part of its registry. What is promised but not in the registry was
/// never visible, and may change. If another registry differs about the path or the identity,
/// promised or not, both were visible, and the merge decides. Where the merge has the file of a parent
/// to which this identity is not promised, it is another file.
pub(crate) fn lost(view: &View, parents: &[(&View, &View)]) -> Vec<String> {
    let mut at: BTreeMap<&[u8], BTreeSet<&str>> = BTreeMap::new();
    let mut of: BTreeMap<&str, BTreeSet<&[u8]>> = BTreeMap::new();
    for record in parents.iter().flat_map(|(own, _)| active_records(own)) {
        at.entry(&record.path).or_default().insert(&record.origin);
        of.entry(&record.origin).or_default().insert(&record.path);
    }
    let is_decided = |record: &Record| {
        at[record.path.as_slice()].len() == 1 && of[record.origin.as_str()].len() == 1
    };
    let shown = parents.iter().flat_map(|(own, promise)| {
        let active = promise.records.iter().filter(|record| record.active);
        let promised: BTreeSet<_> = active.map(|r| (&r.origin, &r.path)).collect();
        active_records(own).into_iter().filter(move |r| promised.contains(&(&r.origin, &r.path)))
    });
    let (now, tracked) = (view.ids(), view.tracked());
    let is_of_another = |record: &Record| {
        let blob = |view: &View| view.tree.get(&record.path).map(|file| file.blob.clone());
        let mut taken = parents.iter().filter(|(own, _)| blob(own) == blob(view)).peekable();
        let is_promised = |promise: &View| {
            let mut there = promise.records.iter().filter(|r| r.active && r.path == record.path);
            there.any(|there| there.origin == record.origin)
        };
        taken.peek().is_some() && !taken.any(|(_, promise)| is_promised(promise))
    };
    let decided = shown.filter(|record| tracked.contains(&record.path) && is_decided(record));
    let decided = decided.filter(|record| !is_of_another(record));
    let wrong = decided
        .filter(|record| !now.get(&record.path).is_some_and(|now| view.answers(now, &record.id)));
    let faults: BTreeSet<String> = wrong
        .map(|r| format!("published identity lost: {} of {}", r.id, r.path.escape_ascii()))
        .collect();
    faults.into_iter().collect()
}

/// Returns whether a parent's registry gives the record's file this identity, and none gives it
/// another: what was visible has priority over what is only estimated.
pub(crate) fn is_shown(record: &Record, parents: &[&View]) -> bool {
    let shown =
        parents.iter().flat_map(|own| active_records(own)).filter(|r| r.path == record.path);
    let shown: BTreeSet<&str> = shown.map(|r| r.origin.as_str()).collect();
    shown.len() == 1 && shown.contains(record.origin.as_str())
}

/// Returns the active records with a file.
fn active_records(own: &View) -> Vec<&Record> {
    let tracked = own.tracked();
    own.records.iter().filter(|r| r.active && tracked.contains(&r.path)).collect()
}
