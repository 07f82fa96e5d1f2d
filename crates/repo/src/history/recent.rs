//! What the last commits deprecated or moved, so that it can come back.
//!
//! It depends only on the registries of a commit and of its first parent. So it is cached by these
//! two, when a hook writes a registry or when they are read for the first time: an ordinary commit
//! reads no earlier registry.

use idhooks_core::plan::Recent;
use idhooks_core::registry::{BlobId, Registry};

use crate::cache::{Cache, RecentKey};
use crate::git::{CommitId, Repo};

use super::consistency::is_inconsistent;
use super::registries::{Healed, first_parents, registry_blob, registry_of};
use super::{commit_reader::CommitReader, lineage::Lineage};

impl Lineage {
    /// Returns what the only parent (`generation` 0), or its first parent (1), deprecated or moved.
    pub fn recent(&self, repo: &Repo, generation: usize) -> Recent {
        recent(repo, &self.commits, &self.healed, generation)
    }
}

/// Returns what a commit deprecated or moved: the only parent of a new commit (`generation` 0), or
/// the first parent of that one (1). `healed` replaces the registries of inconsistent commits.
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

/// Caches what a commit deprecates or moves, from the registries of its first parent and its own,
/// which need only have the records that differ.
pub fn remember_recent(repo: &Repo, blobs: [BlobId; 2], [before, after]: [&Registry; 2]) {
    let mut cache = Cache::open(&repo.state_dir());
    cache.insert(&RecentKey(blobs), &Recent::between(Some(before), Some(after)));
    cache.save();
}

/// Returns what a commit deprecated or moved since its first parent, from the cache if possible.
fn between_commits(repo: &Repo, before: CommitId, after: CommitId) -> Recent {
    let blob = |id: CommitId| {
        let blob = registry_blob(repo, repo.commit(id).ok()?.tree).ok()?;
        blob.filter(|blob| repo.has_name(*blob))
    };
    let read = || {
        let [old, new] = [before, after].map(|id| registry_of(repo, id).ok());
        Some(Recent::between(old?.as_ref(), new?.as_ref()))
    };
    let [old, new] = match [before, after].map(blob) {
        [None, _] => return Recent::default(),
        [old, new] if old == new => return Recent::default(),
        [Some(old), Some(new)] => [old, new],
        [Some(_), None] => return read().unwrap_or_default(),
    };
    let mut cache = Cache::open(&repo.state_dir());
    let key = RecentKey([old, new]);
    if let Some(recent) = cache.get(&key) {
        return recent;
    }
    let is_consistent = |id: &CommitId| matches!(is_inconsistent(repo, *id), Ok(false));
    let by_lines = || {
        let differing = CommitReader::new(repo).differing_records(old, new).ok()??;
        Some(Recent::between(Some(&differing[0]), Some(&differing[1])))
    };
    let are_consistent = [before, after].iter().all(is_consistent);
    let found = are_consistent.then(by_lines).flatten().or_else(read);
    if let Some(recent) = &found {
        cache.insert(&key, recent);
        cache.save();
    }
    found.unwrap_or_default()
}
