//! A fast merge of three texts that are mostly equal.
//!
//! A record that is equal in base, ours and theirs does not change, and can only take part in
//! collisions. So only the records that differ are merged, together with equal records whose
//! identities they compete for. If nothing else in them can affect the other records, the result
//! equals the merge of the whole.

use std::collections::BTreeSet;
use std::io::{Read, Seek};

use crate::registry::{Allocation, Id, Json, Registry, RepoPath, Splice, ThreeWay, key};

use super::merge_beside;

/// Merges three registries as texts, and returns the text of the merge, made from ours; `None` if
/// they have to be parsed as a whole.
pub fn merge_texts<R: Read + Seek>(mut versions: [R; 3]) -> Option<Splice> {
    let mut lockstep = ThreeWay::of(versions.each_mut())?;
    let parts = lockstep.registries();
    let [base, ours, theirs] = &parts;
    let is_alike = |side: &Registry| side.scope == base.scope && side.counters.is_empty();
    if !parts.iter().all(is_alike) || parts.iter().any(|part| !part.is_consistent()) {
        return None;
    }
    let [_, source, _] = &mut versions;
    let mut taken_up = BTreeSet::new();
    let merged = merge_beside(base, ours, theirs, |id| {
        let record = lockstep.take_up(source, id)?;
        taken_up.insert(record.origin);
        Some(record)
    });
    let merged = merged.ok()?;
    // The records taken up belong to the rest and keep their paths.
    let differing = merged.allocations.iter().filter(|record| !taken_up.contains(&record.origin));
    let records = || parts.iter().flat_map(|part| &part.allocations);
    let is_apart = !records().any(|record| lockstep.has_origin(record.origin))
        && !lockstep.has_path(active_paths(records().chain(differing)))
        && !is_linked(records().chain(&merged.allocations), &lockstep);
    is_apart.then(|| lockstep.with(&merged)).flatten()
}

fn active_paths<'a>(
    records: impl Iterator<Item = &'a Allocation>,
) -> impl Iterator<Item = &'a RepoPath> {
    records.filter(|record| record.is_active()).map(|record| &record.path)
}

/// Returns whether some record links to another by an alias.
fn is_linked<'a>(records: impl Iterator<Item = &'a Allocation>, lockstep: &ThreeWay) -> bool {
    let (mut aliases, mut named) = (BTreeSet::new(), BTreeSet::new());
    for record in records {
        aliases.extend(&record.aliases);
        named.extend(links(record));
    }
    lockstep.links_to(&aliases) || !aliases.is_disjoint(&named)
}

fn links(record: &Allocation) -> impl Iterator<Item = Id> {
    let values = key::LINKS.into_iter().filter_map(|key| record.metadata.get(key));
    let texts = values.flat_map(|value| match value {
        Json::Array(links) => links.iter().filter_map(Json::as_str).collect(),
        link => Vec::from_iter(link.as_str()),
    });
    texts.filter_map(|text| text.parse().ok())
}
