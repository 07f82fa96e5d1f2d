//! Second identities after a merge: each names one file, as it did on both sides.

use std::collections::BTreeMap;

use crate::registry::{Allocation, Json, Origin, Registry, Status, grouped, key};

use super::sides::RecordMap;

/// The records of base, ours and theirs, each side with a stand-in for what it lacks.
pub(super) type VersionMaps<'a> = [&'a RecordMap; 3];

/// Takes a second identity from the junior of two records that both sides gave it to, one each; it is
/// kept under another key. What one side has twice already stays for its people to decide.
///
/// Only records that differ between the versions count, so that those which are equal in all need
/// not be read.
pub(super) fn keep_unique(registry: &mut Registry, versions: VersionMaps<'_>) {
    let holders = registry.active().filter(|record| !record.shadowed);
    let by_id = grouped(holders.filter_map(|record| Some((record.text(key::DOC_ID)?, record))));
    let mut displaced: BTreeMap<Origin, String> = BTreeMap::new();
    for (doc_id, mut records) in by_id.into_iter().filter(|(_, records)| records.len() > 1) {
        records.retain(|record| differs(record.origin, versions));
        records.sort_by_key(|record| record.seniority());
        for (n, junior) in records.iter().enumerate() {
            let is_new = |senior: &&Allocation| !met(senior.origin, junior.origin, versions);
            if records[..n].iter().any(is_new) {
                displaced.insert(junior.origin, doc_id.to_owned());
            }
        }
    }
    for record in &mut registry.allocations {
        if let Some(doc_id) = displaced.remove(&record.origin) {
            record.metadata.remove(key::DOC_ID);
            record.metadata.insert(key::DISPLACED_DOC_ID.to_owned(), Json::string(doc_id));
        }
    }
}

/// What decides whether a record holds a second identity.
fn holding(record: &Allocation) -> (Status, bool, Option<&str>) {
    (record.status, record.shadowed, record.text(key::DOC_ID))
}

/// Returns whether the versions do not agree on who holds what.
fn differs(origin: Origin, [base, ours, theirs]: VersionMaps<'_>) -> bool {
    let of = |side: &'_ RecordMap| {
        side.get(&origin).map(|record| {
            let (status, shadowed, doc_id) = holding(record);
            (status, shadowed, doc_id.map(str::to_owned))
        })
    };
    let base = of(base);
    of(ours) != base || of(theirs) != base
}

/// Returns whether one side already has the same second identity on both records.
fn met(one: Origin, other: Origin, [_, ours, theirs]: VersionMaps<'_>) -> bool {
    [ours, theirs].into_iter().any(|side| {
        let held = |origin| match side.get(&origin).map(holding) {
            Some((Status::Active, false, doc_id)) => doc_id,
            _ => None,
        };
        held(one).is_some() && held(one) == held(other)
    })
}
