//! The records that the most recent commits deprecated or moved. They are read so that these
//! records can come back.
//!
//! The result depends only on the registries of a commit and its first parent, so it is cached with
//! these two registries as the key, either when a hook writes a registry or when the records are
//! first read. An ordinary commit therefore does not read an earlier registry.

use std::collections::BTreeMap;

use idhooks_core::plan::Recent;
use idhooks_core::registry::{BlobId, PartialRegistry, Registry};

use super::commit_reader::CommitReader;
use super::consistency::is_inconsistent;
use super::healed_registries::{Healed, first_parents, registry_blob, registry_of};
use crate::cache::{Cache, RecentChange, RecentKey};
use crate::events::{Edit, EventKind};
use crate::git::{CommitId, Repo};
use crate::state::{StateError, counted_tree};

/// Returns the records that a commit deprecated or moved. The commit is either a new commit's only
/// parent (`generation` 0) or that parent's first parent (1). `healed` replaces the registries of
/// inconsistent commits.
pub(crate) fn recent(
    repo: &Repo,
    parents: &[CommitId],
    healed: &Healed,
    generation: usize,
) -> Recent {
    let [parent] = parents else { return Recent::default() };
    let chain = first_parents(repo, Some(*parent));
    let Some([after, before]) = chain.get(generation..generation + 2) else {
        return Recent::default();
    };
    // The cache is keyed by stored registries, so it does not apply to healed ones.
    if !healed.contains_key(before) && !healed.contains_key(after) {
        return between_commits(repo, *before, *after);
    }
    let read = |id: &CommitId| match healed.contains_key(id) {
        true => None,
        false => registry_of(repo, *id).ok().flatten(),
    };
    let stored = [before, after].map(read);
    Recent::between(
        healed.get(before).or(stored[0].as_ref()),
        healed.get(after).or(stored[1].as_ref()),
    )
}

/// Caches a commit's changes to the registry, given its first parent's registry and its own. Both
/// only need to contain the records that differ.
pub fn remember_recent(repo: &Repo, blobs: [BlobId; 2], [before, after]: [&Registry; 2]) {
    let mut cache = Cache::open(&repo.state_dir());
    cache.insert(&RecentKey(blobs), &RecentChange::between(before, after));
    cache.save();
}

/// Returns the records that a commit deprecated or moved compared with its first parent, using the
/// cache if possible.
fn between_commits(repo: &Repo, before: CommitId, after: CommitId) -> Recent {
    let blob = |id: CommitId| {
        let blob = registry_blob(repo, counted_tree(repo, id).ok()?).ok()?;
        blob.filter(|blob| repo.has_name(*blob))
    };
    let read = || [before, after].map(|id| registry_of(repo, id).ok().flatten());
    let [old, new] = match [before, after].map(blob) {
        [None, _] => return Recent::default(),
        [old, new] if old == new => return Recent::default(),
        [Some(old), Some(new)] => [old, new],
        [Some(_), None] => {
            let [old, new] = read();
            return Recent::between(old.as_ref(), new.as_ref());
        }
    };
    let mut cache = Cache::open(&repo.state_dir());
    let key = RecentKey([old, new]);
    if let Some(known) = cache.get(&key) {
        return known.recent;
    }
    let is_consistent = |id: &CommitId| matches!(is_inconsistent(repo, *id), Ok(false));
    let by_lines = || CommitReader::new(repo).differing_records(old, new).ok()?;
    // Compare registries line by line only if they are consistent; otherwise, a record may occur
    // twice.
    let are_consistent = [before, after].iter().all(is_consistent);
    let found = are_consistent.then(by_lines).flatten();
    let [before, after] = found.map_or_else(read, |found| found.map(Some));
    let [Some(old), Some(new)] = [&before, &after] else {
        return Recent::between(before.as_ref(), after.as_ref());
    };
    let found = RecentChange::between(old, new);
    cache.insert(&key, &found);
    cache.save();
    found.recent
}

/// Compares two commits' registries, given as blobs, and returns the number of records with each
/// kind of event.
///
/// # Errors
/// Returns an error if a registry is in this clone but cannot be read.
pub fn change_counts(
    repo: &Repo,
    old: Option<BlobId>,
    new: Option<BlobId>,
) -> Result<BTreeMap<EventKind, usize>, StateError> {
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (None, Some(new)) => return counts_of_adoption(&repo.blob(new)?),
        (Some(old), None) => {
            let before = Registry::parse(&repo.blob(old)?)?;
            return Ok(Edit::counts(&before, &Registry::new(before.scope)));
        }
        (None, None) => return Ok(BTreeMap::new()),
    };
    let cache = Cache::open(&repo.state_dir());
    if let Some(known) = cache.get(&RecentKey([old, new])) {
        return Ok(known.counts);
    }
    let differing = CommitReader::new(repo).differing_records(old, new)?;
    Ok(differing.map_or_else(BTreeMap::new, |[old, new]| Edit::counts(&old, &new)))
}

/// Returns the number of records with each kind of event in a commit that adopts a repository with
/// this registry.
fn counts_of_adoption(text: &[u8]) -> Result<BTreeMap<EventKind, usize>, StateError> {
    // Nearly all records are bare: they are new, and nothing else is recorded about them.
    let mut bare = 0;
    let others = PartialRegistry::of(text, |line| {
        bare += usize::from(line.is_bare);
        !line.is_bare
    });
    let (others, bare) = match others {
        Some(others) => (others.registry(), bare),
        None => (Registry::parse(text)?, 0),
    };
    let mut counts = Edit::counts(&Registry::new(others.scope), &others);
    if bare > 0 {
        *counts.entry(EventKind::Allocated).or_default() += bare;
    }
    Ok(counts)
}
