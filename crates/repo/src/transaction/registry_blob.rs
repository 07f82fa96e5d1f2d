//! Writes a registry's new text to its working file and to the object database, in one pass.

use std::fs::File;

use idhooks_core::registry::{BlobId, Splice};

use crate::cache::{Cache, SegmentsKey};
use crate::git::{FormerBlob, Repo, SplicedBlob};
use crate::state::{StateError, WorkingFile};
use crate::store::{Access, Replacement};

/// The length in bytes of the texts that are stored in segments. Shorter ones are deflated faster
/// than the segments are found.
const LONG: u64 = 512 << 10;

/// Writes the text that `text` makes of a working file to a temporary file, which is to replace the
/// working file, and stores it as a blob.
///
/// # Errors
/// Returns an error if the object or the temporary file cannot be written, or if the working file
/// has changed since it was opened.
pub(super) fn write_registry(
    repo: &Repo,
    file: &WorkingFile,
    text: &Splice,
) -> Result<(Replacement, BlobId), StateError> {
    let is_long = text.length() >= LONG;
    let cache = is_long.then(|| Cache::<SegmentsKey>::open(&repo.state_dir()));
    let former = || {
        let segments = cache.as_ref()?.get(&SegmentsKey(file.entry.blob))?;
        let last = repo.state_dir().object(&file.entry.blob.to_string()).open_to_read().ok()??;
        Some(FormerBlob::new(last, segments))
    };
    let (former, mut spliced) = (former(), None);
    let new = file.replaced(repo, Access::Data, |out| {
        let old = file.file.get()?;
        spliced = Some(repo.splice_blob(text, &old, former, out)?);
        Ok(())
    })?;
    // If the file was changed while it was read, the blob is that of a text that nobody wrote.
    let spliced = spliced.filter(|_| !file.has_changed(repo)).ok_or(StateError::IndexMoved)?;
    let id = place(repo, spliced, new.file(), cache)?;
    Ok((new, id))
}

/// Stores a registry that has just been written to a file as a blob.
///
/// # Errors
/// Returns an error if the file cannot be read or the object database cannot be written.
pub fn store_registry(repo: &Repo, file: &File) -> Result<BlobId, StateError> {
    let blob = repo.whole_blob(file)?;
    let cache = (blob.length >= LONG).then(|| Cache::open(&repo.state_dir()));
    place(repo, blob, file, cache)
}

/// Gives a registry blob its name in the object database, and if there is a cache of segments, keeps
/// the blob for the next version. `text` is the file that has been written along with it.
fn place(
    repo: &Repo,
    blob: SplicedBlob,
    text: &File,
    cache: Option<Cache<SegmentsKey>>,
) -> Result<BlobId, StateError> {
    let id = blob.id;
    let segments = repo.place_blob(blob, text)?;
    if let Some((mut cache, segments)) = cache.zip(segments)
        && repo.state_dir().keep_object(&id.to_string(), &repo.loose_path(id)).is_ok()
    {
        cache.insert(&SegmentsKey(id), &segments);
        cache.save();
    }
    Ok(id)
}
