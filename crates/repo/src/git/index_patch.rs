//! Changing one entry of an index file without reading all of it.
//!
//! `git update-index` reads and writes every entry. Here the file is copied with other bytes for
//! one entry, which gives the same bytes as git. Where that is not certain, git does it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use idhooks_core::registry::{BlobId, Splice};

use crate::store::Scratch;
use crate::store::failpoint::pause;

use super::ids::Checksum;
use super::index_bytes::{CachedTree, IndexLayout, STAT, cached_trees, stat};
use super::index_file::lock_of;
use super::index_peek::IndexReader;
use super::{GitError, IndexFile, IndexPeek, Repo};

/// The extensions that stay valid when the content of an entry changes: resolved conflicts,
/// untracked files, and cached trees, which are adjusted.
///
/// Of the others, `FSMN` lists entries that have not been touched, `EOIE` and `IEOT` hold
/// positions, `link` means that entries are in another file, and `sdir` that some are directories.
const KEPT_EXTENSIONS: [&[u8; 4]; 3] = [b"TREE", b"REUC", b"UNTR"];

impl Repo {
    /// Stages `blob` at `path`, and records the time and size of `working`: the file at that path,
    /// if it has exactly this content.
    ///
    /// The index is patched if its format allows that and it was not written since `peek`;
    /// otherwise git writes it. Returns whether the entry is staged: it is not if another process
    /// wrote the index at this moment, and that index is then kept.
    ///
    /// # Errors
    /// Returns an error if the index is locked or cannot be written.
    pub fn stage_written(
        &self,
        file: &IndexFile,
        path: &str,
        blob: BlobId,
        working: Option<&Path>,
        peek: Option<IndexPeek>,
    ) -> Result<bool, GitError> {
        match self.patch_index(file.path(), path, blob, working, peek) {
            Some(Ok(())) => return Ok(true),
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => return Ok(false),
            Some(Err(_)) | None => {}
        }
        self.stage_blob(file, path, blob)?;
        if working.is_some() {
            // For scripts that trust the index alone: the file must not look modified.
            let _ = self.refresh(file, [path]);
        }
        Ok(true)
    }

    /// Patches the index; returns `None` if that is not possible. If it fails, nothing has changed.
    fn patch_index(
        &self,
        file: &Path,
        path: &str,
        blob: BlobId,
        working: Option<&Path>,
        peek: Option<IndexPeek>,
    ) -> Option<io::Result<()>> {
        if self.has_index_hook() {
            return None;
        }
        let seen = match peek {
            Some(peek) => peek.reader,
            None => IndexReader::open(file).ok()??,
        };
        let layout = seen.layout(self.gix.object_hash().len_in_bytes(), path, |_| {})?;
        let stat = stat(working.and_then(|file| fs::symlink_metadata(file).ok()).as_ref())?;
        let id = blob.as_bytes();
        let mut pieces = patched(&layout, path, id, &stat)?;
        let sum = layout.is_hashed.then(|| Checksum::new(id.len()));
        if sum.is_none() {
            pieces.write(vec![0; id.len()]);
        }
        Some(replace(file, &seen, &pieces, sum))
    }

    /// Returns whether a hook runs when git writes the index.
    pub(super) fn has_index_hook(&self) -> bool {
        self.has_hook("post-index-change")
    }

    /// Returns whether there may be a hook for an event.
    pub(super) fn has_hook(&self, name: &str) -> bool {
        let config = self.gix.config_snapshot();
        let mut sections = config.plumbing().sections_by_name("hook").into_iter().flatten();
        let dir = match config.trusted_path("core.hooksPath") {
            Ok(Some(dir)) => self.top().join(dir),
            Err(_) => return true,
            Ok(None) => self.common_dir().join("hooks"),
        };
        let is_event = |event: &[u8]| event == name.as_bytes();
        dir.join(name).exists()
            || sections.any(|section| section.values("event").iter().any(|event| is_event(event)))
    }
}

/// Returns the pieces of a new index, without its checksum, in which `path` holds another blob. Ids
/// have the length of `id`.
pub(super) fn patched(
    layout: &IndexLayout,
    path: &str,
    id: &[u8],
    stat: &[u8; STAT],
) -> Option<Splice> {
    let entry = layout.entry.as_ref()?.at;
    if layout.extensions.iter().any(|extension| !KEPT_EXTENSIONS.contains(&&extension.name)) {
        return None;
    }
    let mut pieces = Splice::default();
    pieces.copy(0..entry);
    pieces.write([stat, id].concat());
    let at = entry + (STAT + id.len()) as u64;
    let tree = match has_trees(layout) {
        true => {
            let bytes = layout.tree()?;
            let trees = cached_trees(bytes, id.len())?;
            let (new, found) = invalidated(bytes, &trees, path);
            // A valid tree lists all of its directories.
            let is_complete = trees.first()?.entries.is_some();
            let directories = path.matches('/').count();
            Some(new).filter(|_| !is_complete || found == directories + 1)?
        }
        false => Vec::new(),
    };
    copy_rest(&mut pieces, layout, at, tree)?;
    Some(pieces)
}

/// Returns whether the index has cached trees.
pub(super) fn has_trees(layout: &IndexLayout) -> bool {
    layout.extensions.iter().any(|extension| extension.name == *b"TREE")
}

/// Copies the rest of an index from `at` up to its checksum, with new cached trees if it has any.
pub(super) fn copy_rest(
    pieces: &mut Splice,
    layout: &IndexLayout,
    mut at: u64,
    tree: Vec<u8>,
) -> Option<()> {
    if has_trees(layout) {
        let content = &layout.extension(b"TREE")?.content;
        pieces.copy(at..content.start - 4);
        pieces.write(u32::try_from(tree.len()).ok()?.to_be_bytes());
        pieces.write(tree);
        at = content.end;
    }
    pieces.copy(at..layout.end);
    Some(())
}

/// Invalidates the cached trees that contain `path`, and returns the new content of the extension
/// and the number of these trees.
pub(super) fn invalidated(bytes: &[u8], trees: &[CachedTree], path: &str) -> (Vec<u8>, usize) {
    let mut directories: Vec<&str> = path.split('/').collect();
    directories.pop();
    let mut new = Vec::new();
    // How many trees on the way from the root to the path were found.
    let mut found = 0;
    let mut is_below = true;
    for tree in trees {
        is_below &= tree.depth >= found;
        let name = &bytes[tree.name.clone()];
        let expected = match tree.depth.checked_sub(1) {
            None => Some(""),
            Some(above) => directories.get(above).copied(),
        };
        let holds = is_below
            && tree.depth == found
            && expected.is_some_and(|expected| expected.as_bytes() == name);
        if holds {
            found += 1;
        }
        if holds && tree.entries.is_some() {
            new.extend_from_slice(name);
            new.extend_from_slice(format!("\0-1 {}\n", tree.directories).as_bytes());
        } else {
            new.extend_from_slice(&bytes[tree.name.start..tree.id.end]);
        }
    }
    (new, found)
}

/// Replaces an index file, under git's lock, with pieces of it and their checksum, if it has one.
/// The file must still be the one that `seen` has open.
///
/// The new file is written next to the index and gets the name of the lock only at the end. So a
/// killed process leaves a lock behind only if it is killed between two system calls, where no
/// failpoint can stop it. Git itself holds its lock for longer, and leaves it if it is killed.
///
/// If a file was written in the same second as the index, or later, git compares its content. A
/// newer index would make git trust the entry of such a file and hide a change. So the new index
/// is not newer than the old one, but slightly older, so that the two can be distinguished.
///
/// # Errors
/// Returns [`io::ErrorKind::Interrupted`] if the index was replaced in the meantime, and any other
/// error that occurs.
pub(super) fn replace(
    file: &Path,
    seen: &IndexReader,
    pieces: &Splice,
    sum: Option<Checksum>,
) -> io::Result<()> {
    // Git would follow a link, so leave it to git.
    if !fs::symlink_metadata(file)?.is_file() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let time = seen.meta.modified()?.checked_sub(Duration::from_nanos(1));
    let time = time.ok_or(io::ErrorKind::Unsupported)?;
    let permissions = seen.meta.permissions();
    let mut new = Scratch::beside(file).file(Some(permissions.clone()))?;
    // The umask may have removed bits that a shared repository needs.
    new.as_file().set_permissions(permissions)?;
    match sum {
        None => pieces.put(&seen.file, &mut new)?,
        Some(mut sum) => {
            pieces.put(&seen.file, sum.and(&mut new))?;
            new.write_all(&sum.finish())?;
        }
    }
    new.as_file().set_modified(time)?;
    pause("a new index is written");
    let lock = IndexLock::take(file, new.path())?;
    if !seen.stamp.is_of(file) {
        return Err(io::ErrorKind::Interrupted.into());
    }
    lock.rename(file)?;
    drop(new);
    pause("the index is replaced");
    Ok(())
}

/// Git's lock of an index file. It is released on drop.
struct IndexLock {
    path: PathBuf,
    is_held: bool,
}

impl IndexLock {
    /// Links `new` to the name of the lock, which fails if the lock is held.
    fn take(file: &Path, new: &Path) -> io::Result<IndexLock> {
        let path = lock_of(file);
        fs::hard_link(new, &path)?;
        Ok(IndexLock { path, is_held: true })
    }

    /// Renames the lock file to `file`.
    fn rename(mut self, file: &Path) -> io::Result<()> {
        fs::rename(&self.path, file)?;
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
