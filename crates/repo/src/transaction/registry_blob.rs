//! Writes a registry's new text to its working file and to the object database, in one pass.

use idhooks_core::registry::{BlobId, Splice};

use crate::cache::{Cache, SegmentsKey};
use crate::git::{FormerBlob, Repo};
use crate::state::{StateError, WorkingFile};
use crate::store::{Access, Replacement};

/// The last registry blob that was stored in segments, in the state directory: git may pack the
/// object at any time. Usually another name for the object's file, which costs no time or space.
/// Like git, idhooks replaces objects but never writes to them, and nobody else may: they are
/// read-only.
const LAST_OBJECT: &str = "cache/registry-object";
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
    let last = repo.state_dir().file(LAST_OBJECT);
    let mut cache = is_long.then(|| Cache::<SegmentsKey>::open(&repo.state_dir()));
    let former = || {
        let segments = cache.as_ref()?.get(&SegmentsKey(file.entry.blob))?;
        Some(FormerBlob::new(last.open_to_read().ok()??, segments))
    };
    let (former, mut spliced) = (former(), None);
    let new = file.replaced(repo, Access::Data, |out| {
        spliced = Some(repo.splice_blob(text, &file.file, former, out)?);
        Ok(())
    })?;
    // If the file was changed while it was read, the blob is that of a text that nobody wrote.
    let spliced = spliced.filter(|_| !file.has_changed(repo)).ok_or(StateError::IndexMoved)?;
    let id = spliced.id;
    let segments = repo.place_blob(spliced, new.file())?;
    if let Some((cache, segments)) = cache.as_mut().zip(segments)
        && last.link_or_copy(&repo.loose_path(id)).is_ok()
    {
        cache.insert(&SegmentsKey(id), &segments);
        cache.save();
    }
    Ok((new, id))
}
