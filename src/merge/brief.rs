//! The merge of three texts that are the same for the most part.
//!
//! A record that is the same in base, ours and theirs stays as it is, and has a say in nothing but
//! collisions. So the records that differ are merged by themselves, by the one merge that there
//! is, wherever nothing of it can touch the others: then the result is the merge of the whole.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use crate::registry::{Allocation, Id, Json, Lockstep, Origin, Pieces, Registry, RepoPath, key};

use super::merge;

/// Merges three registries as texts, and returns the text of the merge, made from ours; nothing
/// where they have to be read as a whole.
pub fn merge_texts(versions: [impl Read; 3]) -> Option<Pieces> {
    let lockstep = Lockstep::of(versions)?;
    let parts = lockstep.registries();
    let [base, ours, theirs] = &parts;
    let is_alike = |side: &Registry| side.scope == base.scope && side.counters.is_empty();
    if !parts.iter().all(is_alike) || parts.iter().any(|part| !part.is_consistent()) {
        return None;
    }
    let merged = merge(base, ours, theirs).ok()?;
    let records = || parts.iter().chain([&merged]).flat_map(|part| &part.allocations);
    let is_apart = keeps_numbers(records(), &merged)
        && !records().any(|record| lockstep.has_origin(record.origin))
        && !lockstep.has_path(active_paths(records()))
        && !is_linked(records(), &lockstep);
    is_apart.then(|| lockstep.with(&merged)).flatten()
}

/// Returns whether every record has the identity that it claims, and the same in all versions.
fn keeps_numbers<'a>(mut records: impl Iterator<Item = &'a Allocation>, merged: &Registry) -> bool {
    let ids: BTreeMap<Origin, Id> = merged.allocations.iter().map(|r| (r.origin, r.id)).collect();
    records.all(|r| r.claim == r.id && ids.get(&r.origin) == Some(&r.id))
}

fn active_paths<'a>(
    records: impl Iterator<Item = &'a Allocation>,
) -> impl Iterator<Item = &'a RepoPath> {
    records.filter(|record| record.is_active()).map(|record| &record.path)
}

/// Returns whether some record names another by an identity that this one had before.
fn is_linked<'a>(records: impl Iterator<Item = &'a Allocation>, lockstep: &Lockstep) -> bool {
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
