//! Finds a single record in the index's registry without reading the other records.
//!
//! The registry's path index, stored in the git directory, shows where to find the record, which is
//! then read and compared. Anything unusual is left to the full read.

use std::time::SystemTime;

use idhooks_core::registry::{Allocation, Id, PathIndex, REGISTRY_PATH, RepoPath, seek_record};

use crate::cache::{Cache, PathsKey, RegistryPaths};
use crate::git::{Repo, StagedRegistry};
use crate::state::{StateError, WorkingFile};
use crate::store::FileStamp;

/// Returns the active record at a path in the index, if no other active record has that path. If
/// the path is not in the index, returns the record with the identity `id`, if no other record has
/// that identity as an alias or claim. Returns `None` if the full read is needed.
///
/// # Errors
/// Returns an error if the index or HEAD cannot be read.
pub fn look_up(
    repo: &Repo,
    path: Option<&RepoPath>,
    id: Option<Id>,
) -> Result<Option<Allocation>, StateError> {
    // Report the same errors as the full read would.
    repo.head()?;
    repo.merge_heads()?;
    let mut is_there = false;
    let listing = repo.listing(&repo.index_file(), None, |found, _, _| {
        is_there |= path.is_some_and(|path| path.as_bytes() == found);
    })?;
    let path = path.filter(|_| is_there);
    let registry = listing.and_then(|listing| listing.registry);
    let is_named = path.is_some() || id.is_some();
    let registry = registry.filter(|found| is_named && repo.has_blob(found.entry.blob));
    let opened = registry.and_then(|registry| open(repo, &registry));
    let Some((source, index)) = opened else { return Ok(None) };
    let id = match path {
        Some(path) => index.at(path.as_bytes()),
        None => id.filter(|id| !index.is_named(*id)),
    };
    let Ok(text) = source.file.get() else { return Ok(None) };
    let length = text.metadata().map_or(0, |meta| meta.len());
    let record = id.and_then(|id| seek_record(&*text, length, id));
    let is_it = |record: &Allocation| match path {
        Some(path) => record.path == *path && record.is_active(),
        None => Some(record.id) == id,
    };
    // The file may have been replaced between the two reads.
    let is_current = source.stamp.is_of(&repo.top().join(REGISTRY_PATH));
    Ok(record.filter(|record| is_it(record) && is_current))
}

/// Opens the working file and its path index, if the file is identical to the registry in the
/// index. The path index is created and stored if it does not exist.
fn open(repo: &Repo, registry: &StagedRegistry) -> Option<(WorkingFile, PathIndex)> {
    let (blob, now) = (registry.entry.blob, SystemTime::now());
    let (mut cache, key) = (Cache::open(&repo.state_dir()), PathsKey(blob));
    let known = cache.get(&key);
    let known_file = known.as_ref().and_then(|known| known.file);
    let is_known = |stamp: FileStamp| known_file.is_some() && stamp.digest(now) == known_file;
    let source = WorkingFile::open(repo, RepoPath::registry(), registry.entry, |meta| {
        is_known(FileStamp::of(meta)) || registry.knows(meta)
    });
    let source = source.ok()??;
    let file = source.stamp.digest(now);
    // If the stamp is cached, the next run can tell that the file has this blob without hashing it.
    let is_new = known.is_none() || (file.is_some() && file != known_file);
    let index = match known {
        Some(known) => known.index,
        None => PathIndex::of(&*source.file.get().ok()?)?,
    };
    let known = RegistryPaths { index, file };
    // If the file was replaced while it was being read, don't store the path index under the wrong
    // blob.
    if is_new && source.stamp.is_of(&repo.top().join(REGISTRY_PATH)) {
        cache.insert(&key, &known);
        cache.save();
    }
    Some((source, known.index))
}
