//! New files, copies among them, get new identities.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::is_file;
use crate::registry::{Allocation, BlobId, CounterKey, Id, Json, Origin, RepoPath, key};

use super::draft::Draft;

use super::{Allocator, PlanError};

/// Allocates for every tracked path that is still without a holder, in byte order; returns
/// those paths instead where the situation asks not to allocate.
pub(super) fn allocate(draft: &mut Draft<'_>) -> Result<Vec<RepoPath>, PlanError> {
    let open = draft.unheld();
    let situation = draft.situation;
    if open.is_empty() || !situation.allocate {
        return Ok(open);
    }
    let sources = copy_sources(draft, &open);
    let registry = draft.registry();
    let mut allocator = Allocator::new(situation.policy.strategy, &registry, situation.given);
    for path in open {
        let blob = draft.tracked[&path].blob;
        let origin = match unused_origin(draft, &path, blob) {
            Found::Retired(origin) => {
                draft.activate(origin, &path);
                continue;
            }
            Found::Unused(origin) => origin,
        };
        let counter = CounterKey {
            namespace: situation.policy.namespace_of(&path),
            type_code: situation.policy.type_of(&path),
            scope: situation.scope,
        };
        let full = || PlanError::Capacity { counter, path: path.clone() };
        let (id, at) = allocator.choose(counter, origin, situation.now).ok_or_else(full)?;
        let mut record = Allocation::new(id, path.clone(), at, origin);
        if let Some(source) = sources.get(&path) {
            let text = Json::string(source.to_string());
            record.metadata.insert(key::COPIED_FROM.to_owned(), text);
        }
        draft.records.insert(origin, record);
        draft.held.insert(path, origin);
    }
    Ok(Vec::new())
}

enum Found {
    /// An origin that no record has.
    Unused(Origin),
    /// The origin of a retired record: the same allocation, so it comes back.
    Retired(Origin),
}

fn unused_origin(draft: &Draft<'_>, path: &RepoPath, blob: BlobId) -> Found {
    let mut generation = 0;
    loop {
        let origin = Origin::of_file(path, blob, generation);
        match draft.records.get(&origin) {
            None => return Found::Unused(origin),
            Some(record) if record.revives() => return Found::Retired(origin),
            Some(_) => generation += 1,
        }
    }
}

/// Returns the identity of the file each new one is a copy of, as the parents hold it.
fn copy_sources(draft: &Draft<'_>, open: &[RepoPath]) -> BTreeMap<RepoPath, Id> {
    let wanted: BTreeSet<&RepoPath> = open.iter().collect();
    let mut sources = BTreeMap::new();
    for (n, parent) in draft.situation.parents.iter().enumerate() {
        let holders = parent.registry.holders(|path| is_file(parent.tree, path));
        let identity = |path: &RepoPath| {
            let origin = holders.get(path)?.origin;
            draft.records.get(&origin).map(|record| record.id)
        };
        // A path that a parent held, whose identity went to another path: a file in two places.
        let split = open.iter().map(|path| (path, path));
        let copies = draft.copies.get(n).into_iter().flatten().map(|pair| (&pair.from, &pair.to));
        for (from, to) in split.chain(copies).filter(|(_, to)| wanted.contains(to)) {
            if let Some(id) = identity(from) {
                sources.entry(to.clone()).or_insert(id);
            }
        }
    }
    sources
}
