//! One record of the registry in the index, found without reading the others.
//!
//! A path index of the registry, kept in the git directory, leads to the record; what stands there
//! is read and compared. Whatever is out of the ordinary is left to the look at everything.

use std::time::SystemTime;

use crate::git::{Listing, Repo};
use crate::registry::{Allocation, Id, PathIndex, REGISTRY_PATH, RepoPath, seek_record};
use crate::store::{FileStamp, KnownPaths, PathFile};

use crate::state::{StateError, WorkingRegistry, shortcuts};

/// What a record is looked up by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordKey {
    /// Its identity.
    Id(Id),
    /// Its path, at which the index has something.
    Path(RepoPath),
}

/// Returns the record that has an identity, which no other has among its aliases or as its claim,
/// or the active one at a path; no path of the registry is held by two active ones then. Nothing
/// where everything has to be looked at.
///
/// # Errors
/// An index or a HEAD that cannot be read.
pub fn look_up(repo: &Repo, wanted: &RecordKey) -> Result<Option<Allocation>, StateError> {
    if !shortcuts() {
        return Ok(None);
    }
    // What stands in the way of the look at everything is told by that one.
    repo.head()?;
    repo.merge_heads()?;
    let mut is_there = matches!(wanted, RecordKey::Id(_));
    let listing = repo.listing(&repo.index_file(), None, |path, _| {
        is_there |= matches!(wanted, RecordKey::Path(wanted) if wanted.as_bytes() == path);
    })?;
    let Some(listing) = listing.filter(|listing| is_there && repo.has_blob(listing.registry.blob))
    else {
        return Ok(None);
    };
    let Some((source, index)) = open(repo, &listing) else { return Ok(None) };
    let id = match wanted {
        RecordKey::Id(id) => Some(*id).filter(|id| !index.is_named(*id)),
        RecordKey::Path(path) => index.at(path.as_bytes()),
    };
    let length = source.file.metadata().map_or(0, |meta| meta.len());
    let record = id.and_then(|id| seek_record(&source.file, length, id));
    let is_it = |record: &Allocation| match wanted {
        RecordKey::Id(id) => record.id == *id,
        RecordKey::Path(path) => record.path == *path && record.is_active(),
    };
    let is_current = source.stamp().is_of(&repo.top().join(REGISTRY_PATH));
    Ok(record.filter(|record| is_it(record) && is_current))
}

/// Opens the working file, where it holds the registry of the index, with its path index, which is
/// made and kept where it is not known.
fn open(repo: &Repo, listing: &Listing) -> Option<(WorkingRegistry, PathIndex)> {
    let (kept, blob, now) =
        (PathFile::in_dir(&repo.state_dir()), listing.registry.blob, SystemTime::now());
    let known = kept.recall(blob);
    let known_file = known.as_ref().and_then(|known| known.file);
    let is_known = |stamp: FileStamp| known_file.is_some() && stamp.digest(now) == known_file;
    let source = WorkingRegistry::open(repo, blob, |meta| {
        is_known(FileStamp::of(meta)) || listing.knows(meta)
    });
    let source = source.ok()??;
    let file = source.stamp().digest(now);
    let is_new = known.is_none() || (file.is_some() && file != known_file);
    let index = match known {
        Some(known) => known.index,
        None => PathIndex::of(&source.file)?,
    };
    let known = KnownPaths { index, file };
    if is_new && source.stamp().is_of(&repo.top().join(REGISTRY_PATH)) {
        // A cache that cannot be written costs time, nothing else.
        let _ = kept.remember(blob, &known);
    }
    Some((source, known.index))
}
