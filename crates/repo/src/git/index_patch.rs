//! Changes an index file without reading all of it.
//!
//! `git update-index` reads and writes every entry. Here, the file is copied, with new entries only
//! for the staged blobs. Formats that [`super::index_edit`] does not know are left to git.

use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use idhooks_core::registry::{BlobId, Entry, Mode, REGISTRY_PATH, Splice};

use crate::store::{FileStamp, FsyncComponent, Scratch, SyncLevel, disk, failpoint::pause};

use super::{
    GitError, IndexFile, IndexPeek, Repo, index_bytes::stat, index_edit::IndexEdit,
    index_file::lock_of, index_peek::IndexReader, object_ids::Checksum,
};

/// The unit of the times of files on Windows; elsewhere, it is at least as small.
const TIME_UNIT: Duration = Duration::from_nanos(100);

impl Repo {
    /// Stages blobs as regular files. If a blob's flag says that the working file has exactly this
    /// content, the file's time and size are recorded in the entry.
    ///
    /// The index is patched if its format allows that and it has not been written since `peek`;
    /// otherwise git writes it. Returns whether the entries were staged: if another process is
    /// writing the index at the same time, that process's index is kept and nothing is staged.
    ///
    /// # Errors
    /// Returns an error if the index is locked or cannot be written.
    pub fn stage_written(
        &self,
        file: &IndexFile,
        blobs: &[(&str, BlobId, bool)],
        peek: Option<&IndexPeek>,
    ) -> Result<bool, GitError> {
        let meta = |path: &str| fs::symlink_metadata(self.top().join(path)).ok();
        let metas: Vec<(&str, BlobId, Option<Metadata>)> = blobs
            .iter()
            .map(|(path, blob, is_written)| {
                (*path, *blob, is_written.then(|| meta(path)).flatten())
            })
            .collect();
        let patched = self.patch_index(file.path(), &metas, peek);
        // git may have to replace the index instead.
        peek.into_iter().for_each(IndexPeek::close);
        match patched {
            Some(Ok(())) => return Ok(true),
            // Another process has just written the index, and its entries must not be lost.
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => return Ok(false),
            Some(Err(_)) | None => {}
        }
        match blobs {
            [(path, blob, _)] => self.stage_blob(file, path, *blob)?,
            _ => {
                let entry = |blob| Some(Entry { mode: Mode::Regular, blob });
                let entries = blobs.iter().map(|(path, blob, _)| (path, entry(*blob)));
                self.stage_entries(file, entries)?;
            }
        }
        let written = blobs.iter().filter(|(_, _, is_written)| *is_written);
        let written: Vec<&str> = written.map(|(path, ..)| *path).collect();
        if !written.is_empty() {
            // Scripts that read the index without refreshing it must not see these files as
            // modified.
            let _ = self.refresh(file, written);
        }
        Ok(true)
    }

    /// Stages blobs as regular files, as [`Repo::stage_entries`] does, but patches the index file if
    /// its format allows that.
    ///
    /// # Errors
    /// Returns an error if the index is locked or cannot be written.
    pub fn stage_new(&self, file: &IndexFile, blobs: &[(&str, BlobId)]) -> Result<(), GitError> {
        let new: Vec<_> = blobs.iter().map(|(path, blob)| (*path, *blob, None)).collect();
        match self.patch_index(file.path(), &new, None) {
            Some(Ok(())) => Ok(()),
            // Nothing has changed yet.
            Some(Err(_)) | None => {
                let entry = |blob| Some(Entry { mode: Mode::Regular, blob });
                self.stage_entries(file, blobs.iter().map(|(path, blob)| (path, entry(*blob))))
            }
        }
    }

    /// Patches the index; returns `None` if that is not possible. If patching fails, nothing has
    /// been changed.
    fn patch_index(
        &self,
        file: &Path,
        blobs: &[(&str, BlobId, Option<Metadata>)],
        peek: Option<&IndexPeek>,
    ) -> Option<io::Result<()>> {
        // Only git runs this hook, so git has to write the index.
        if self.has_hook("post-index-change") {
            return None;
        }
        // A peek already has the file open. Its content can't change, because git replaces an index
        // by renaming.
        let seen = match peek {
            Some(peek) => peek.registry.reader.clone(),
            None => IndexReader::open(file).ok()??,
        };
        let id_length = self.gix.object_hash().len_in_bytes();
        let staged = blobs.iter();
        let staged = staged.map(|(path, blob, meta)| Some((*path, *blob, stat(meta.as_ref())?)));
        let staged = staged.collect::<Option<Vec<_>>>()?;
        let (mut pieces, is_hashed) = match (&staged[..], seen.registry()) {
            // The entries need not be read a second time.
            ([blob @ (REGISTRY_PATH, ..)], Some((layout, place))) => {
                (IndexEdit::at(*blob, place)?.pieces(layout, id_length)?, layout.is_hashed)
            }
            _ => {
                let mut edit = IndexEdit::of(&staged);
                let layout = seen.list(id_length, "", |entry| edit.note(&entry))?;
                (edit.pieces(&layout, id_length)?, layout.is_hashed)
            }
        };
        let sum = is_hashed.then(|| Checksum::new(id_length));
        // With `index.skipHash`, git writes zeros in place of the checksum.
        if sum.is_none() {
            pieces.write(vec![0; id_length]);
        }
        let level = self.sync_level(FsyncComponent::Index);
        Some(replace(file, &seen, &pieces, sum, level))
    }

    /// Uses git to change a copy of an index, which then replaces the index; the lock is held only
    /// while comparing and renaming. Returns the new index's stamp. Returns `None` if the index was
    /// not replaced because it is locked, because it no longer has the stamp `seen`, or because
    /// this program gives way to a git operation that has begun.
    ///
    /// # Errors
    /// Returns an error if the copy cannot be written, or if `change` fails.
    pub fn change_aside(
        &self,
        file: &IndexFile,
        seen: Option<FileStamp>,
        change: impl FnOnce(&IndexFile) -> Result<(), GitError>,
    ) -> Result<Option<FileStamp>, GitError> {
        let failed = |error: io::Error| GitError::failed("writing the index", &error);
        let copy = || {
            let mut old = fs::File::open(file.path())?;
            let meta = old.metadata()?;
            let mut new = Scratch::beside(file.path()).file(Some(meta.permissions()))?;
            io::copy(&mut old, &mut new)?;
            // The copy is given the old time, so that git can tell which files were written at the
            // same moment as the index.
            new.as_file().set_modified(meta.modified()?)?;
            // git replaces the copy, too.
            Ok((new.into_temp_path(), meta.permissions()))
        };
        let (copy, permissions) = copy().map_err(failed)?;
        change(&IndexFile::at(copy.to_path_buf()))?;
        // git has replaced the copy with a file that has its own permissions.
        fs::set_permissions(&copy, permissions).map_err(failed)?;
        let level = self.sync_level(FsyncComponent::Index);
        let written = fs::File::open(&copy);
        disk::wrote(&copy);
        written.and_then(|written| level.file(&written, &copy)).map_err(failed)?;
        pause("a new index is written");
        let is_ours = || {
            let must_wait = self.gives_way() && self.operation()?.is_some();
            Ok::<_, GitError>(FileStamp::at(file.path()) == seen && !must_wait)
        };
        // A git operation that runs into the lock stops halfway, so don't take the lock
        // unnecessarily.
        if !is_ours()? {
            return Ok(None);
        }
        let lock = match IndexLock::take(file.path(), &copy) {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        // The first check was made without the lock, so another process may have written the index
        // in the meantime.
        if !is_ours()? {
            return Ok(None);
        }
        let placed = FileStamp::at(&copy);
        disk::renaming(&copy, file.path());
        lock.rename(file.path()).map_err(failed)?;
        drop(copy);
        pause("the index is replaced");
        level.dir(dir_of(file.path()), 0).map_err(failed)?;
        Ok(placed)
    }

    /// Returns whether a hook may exist for an event.
    pub(super) fn has_hook(&self, name: &str) -> bool {
        let config = self.gix.config_snapshot();
        let mut sections = config.plumbing().sections_by_name("hook").into_iter().flatten();
        let dir = match config.trusted_path("core.hooksPath") {
            // If the hooks path cannot be expanded, there may still be a hook, so git has to write
            // the index.
            Ok(Some(dir)) => self.top().join(dir),
            Err(_) => return true,
            Ok(None) => self.common_dir().join("hooks"),
        };
        let is_event = |event: &[u8]| event == name.as_bytes();
        dir.join(name).exists()
            // Newer versions of git also run hooks that are configured with `hook.<name>.event`.
            || sections.any(|section| section.values("event").iter().any(|event| is_event(event)))
    }
}

/// Replaces an index file, under git's lock, with `pieces` and, if `sum` is given, a checksum. The
/// file must still be the one that `seen` has open.
///
/// The new file is written next to the index, and renamed to the lock's name only at the end. So
/// this process leaves a lock behind only if it is killed between the last two system calls, where
/// there is no failpoint for tests. Git itself holds the lock for longer, and also leaves it behind
/// if killed.
///
/// If a file was written in the same second as the index or later, git compares its content. A
/// newer index would make git trust the file's entry and miss a change. So the new index's time
/// must not be later than the old one's; it is made slightly earlier, so that the two can be told
/// apart.
///
/// # Errors
/// Returns [`io::ErrorKind::Interrupted`] if the index was replaced in the meantime, or any other
/// error that occurs.
pub(super) fn replace(
    file: &Path,
    seen: &IndexReader,
    pieces: &Splice,
    sum: Option<Checksum>,
    level: SyncLevel,
) -> io::Result<()> {
    // Git would follow a symlink, so git is left to handle it.
    if !fs::symlink_metadata(file)?.is_file() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let time = seen.meta.modified()?.checked_sub(TIME_UNIT);
    let time = time.ok_or(io::ErrorKind::Unsupported)?;
    let permissions = seen.meta.permissions();
    let mut new = Scratch::beside(file).file(Some(permissions.clone()))?;
    // The umask may have cleared permission bits that a shared repository needs.
    new.as_file().set_permissions(permissions)?;
    let old = seen.file.get()?;
    match sum {
        None => pieces.put(&*old, &mut new)?,
        Some(mut sum) => {
            pieces.put(&*old, sum.and(&mut new))?;
            new.write_all(&sum.finish())?;
        }
    }
    new.as_file().set_modified(time)?;
    disk::wrote(new.path());
    level.file(new.as_file(), new.path())?;
    pause("a new index is written");
    let lock = IndexLock::take(file, new.path())?;
    if !seen.stamp.is_of(file) {
        return Err(io::ErrorKind::Interrupted.into());
    }
    // As long as the old index was open, no other file could get its stamp.
    drop(old);
    seen.file.close();
    disk::renaming(new.path(), file);
    lock.rename(file)?;
    drop(new);
    pause("the index is replaced");
    level.dir(dir_of(file), 0)
}

/// Returns the directory that contains a file.
fn dir_of(file: &Path) -> &Path {
    file.parent().unwrap_or(Path::new("."))
}

/// Git's lock on an index file. It is released on drop.
struct IndexLock {
    path: PathBuf,
    is_held: bool,
}

impl IndexLock {
    /// Links `new` to the lock's name, which fails if the lock is held.
    fn take(file: &Path, new: &Path) -> io::Result<IndexLock> {
        let path = lock_of(file);
        // Unlike a rename, a hard link fails if the name exists, so it never replaces a lock that
        // git holds.
        fs::hard_link(new, &path)?;
        Ok(IndexLock { path, is_held: true })
    }

    /// Renames the lock file to `file`.
    fn rename(mut self, file: &Path) -> io::Result<()> {
        disk::move_name(&self.path, file)?;
        self.is_held = false;
        Ok(())
    }
}

impl Drop for IndexLock {
    fn drop(&mut self) {
        if self.is_held {
            let _ = fs::remove_file(&self.path);
        }
    }
}
