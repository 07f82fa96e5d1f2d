//! The merge of three texts that are the same for the most part.
//!
//! A record that is the same in base, ours and theirs stays as it is, and has a say in nothing but
//! collisions. So the records that differ are merged by themselves, by the one merge that there
//! is, with those of the others whose identities they come upon; and wherever nothing else of it
//! can touch the rest, the result is the merge of the whole.

use std::collections::BTreeSet;
use std::io::{Read, Seek};

use crate::registry::{Allocation, Id, Json, Lockstep, Pieces, Registry, RepoPath, key};

use super::merge_beside;

/// Merges three registries as texts, and returns the text of the merge, made from ours; nothing
/// where they have to be read as a whole.
pub fn merge_texts<R: Read + Seek>(mut versions: [R; 3]) -> Option<Pieces> {
    let mut lockstep = Lockstep::of(versions.each_mut())?;
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
    // Those that were taken up are among the rest, and have no other path than before.
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
