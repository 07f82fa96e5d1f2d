//! One entry of git's index, changed in place.
//!
//! `git update-index` takes up every entry and writes every one again. Here the file is copied
//! with other bytes for one entry, which is what git itself would write; where it might not be,
//! git does it.

use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::registry::{BlobId, Pieces};
use crate::store::Scratch;
use crate::store::failpoint::pause;

use super::ids::Checksum;
use super::index::lock_of;
use super::index_bytes::{CachedTree, IndexLayout, STAT, cached_trees};
use super::index_peek::IndexReader;
use super::{GitError, IndexFile, IndexPeek, Repo};

/// The extensions that stay true when an entry gets another content, but for cached trees, which
/// are seen to: undone merges and untracked files.
///
/// Of the others, `FSMN` names entries that nobody has touched, `EOIE` and `IEOT` say where
/// things stand, `link` puts the entries elsewhere, and `sdir` has directories among them.
const KEPT: [&[u8; 4]; 3] = [b"TREE", b"REUC", b"UNTR"];

impl Repo {
    /// Makes `path` in the index hold `blob`, and notes time and size of `working`: the file at
    /// that path, where it has just this content.
    ///
    /// The index is patched where it is of a form that allows that, and was not written since
    /// `glance`; else git writes it. Returns whether the entry is staged: not where somebody
    /// wrote the index at that very moment, which is then as they left it.
    ///
    /// # Errors
    /// An index that is locked or cannot be written.
    pub fn stage_written(
        &self,
        file: &IndexFile,
        path: &str,
        blob: BlobId,
        working: Option<&Path>,
        glance: Option<IndexPeek>,
    ) -> Result<bool, GitError> {
        match self.patch_index(file.path(), path, blob, working, glance) {
            Some(Ok(())) => return Ok(true),
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => return Ok(false),
            Some(Err(_)) | None => {}
        }
        self.stage_blob(file, path, blob)?;
        if working.is_some() {
            // Only so that scripts which trust the index alone find nothing modified.
            let _ = self.refresh(file, path);
        }
        Ok(true)
    }

    /// Patches the index; nothing where that cannot be done. Where it fails nothing has happened.
    fn patch_index(
        &self,
        file: &Path,
        path: &str,
        blob: BlobId,
        working: Option<&Path>,
        glance: Option<IndexPeek>,
    ) -> Option<io::Result<()>> {
        if self.has_index_hook() {
            return None;
        }
        let seen = match glance {
            Some(glance) => glance.seen,
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

    /// Returns whether git would tell somebody that the index was written.
    pub(super) fn has_index_hook(&self) -> bool {
        self.has_hook("post-index-change")
    }

    /// Returns whether somebody is to be told of an event, as far as that can be seen.
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

/// Returns what an index becomes, without its checksum, in which `path` holds another blob; ids
/// have the length of `id`.
pub(super) fn patched(
    layout: &IndexLayout,
    path: &str,
    id: &[u8],
    stat: &[u8; STAT],
) -> Option<Pieces> {
    let entry = layout.entry.as_ref()?.at;
    if layout.extensions.iter().any(|extension| !KEPT.contains(&&extension.name)) {
        return None;
    }
    let mut pieces = Pieces::default();
    pieces.copy(0..entry);
    pieces.write([stat, id].concat());
    let at = entry + (STAT + id.len()) as u64;
    let tree = match has_trees(layout) {
        true => {
            let bytes = layout.tree()?;
            let trees = cached_trees(bytes, id.len())?;
            let (new, found) = outdated(bytes, &trees, path);
            // A whole tree has all of its directories.
            let is_complete = trees.first()?.entries.is_some();
            let directories = path.matches('/').count();
            Some(new).filter(|_| !is_complete || found == directories + 1)?
        }
        false => Vec::new(),
    };
    copy_rest(&mut pieces, layout, at, tree)?;
    Some(pieces)
}

/// Returns whether an index has cached trees.
pub(super) fn has_trees(layout: &IndexLayout) -> bool {
    layout.extensions.iter().any(|extension| extension.name == *b"TREE")
}

/// Copies an index from a place on up to its checksum, with other cached trees, if it has them.
pub(super) fn copy_rest(
    pieces: &mut Pieces,
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

/// Returns cached trees of which those that hold `path` have to be made anew, and how many these
/// are.
pub(super) fn outdated(bytes: &[u8], trees: &[CachedTree], path: &str) -> (Vec<u8>, usize) {
    let mut directories: Vec<&str> = path.split('/').collect();
    directories.pop();
    let mut new = Vec::new();
    // How many trees from the root down to the path were found; the next is one directly below.
    let mut found = 0;
    let mut is_below = true;
    for tree in trees {
        is_below &= tree.depth >= found;
        let name = &bytes[tree.name.clone()];
        let wanted = match tree.depth.checked_sub(1) {
            None => Some(""),
            Some(above) => directories.get(above).copied(),
        };
        let holds = is_below && tree.depth == found && wanted.is_some_and(|w| w.as_bytes() == name);
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

/// Returns what an entry says of a working file, or what it says where nothing is known of it.
#[cfg(unix)]
pub(super) fn stat(working: Option<&Metadata>) -> Option<[u8; STAT]> {
    use std::os::unix::fs::MetadataExt;
    let mode = 0o100_644;
    let fields = match working.filter(|meta| meta.is_file()) {
        None => [0, 0, 0, 0, 0, 0, mode, 0, 0, 0],
        // Git, too, keeps the lower half of what is longer.
        Some(meta) => [
            meta.ctime() as u32,
            meta.ctime_nsec() as u32,
            meta.mtime() as u32,
            meta.mtime_nsec() as u32,
            meta.dev() as u32,
            meta.ino() as u32,
            mode,
            meta.uid(),
            meta.gid(),
            u32::try_from(meta.len()).ok()?,
        ],
    };
    let mut bytes = [0; STAT];
    for (place, field) in bytes.chunks_exact_mut(4).zip(fields) {
        place.copy_from_slice(&field.to_be_bytes());
    }
    Some(bytes)
}

/// What git notes of a file is another matter on each system; there git does it.
#[cfg(not(unix))]
pub(super) fn stat(_: Option<&Metadata>) -> Option<[u8; STAT]> {
    None
}

/// Replaces an index file that is still the one that was seen, under git's lock, by pieces of it
/// and their checksum, where one is begun.
///
/// The new file is written beside the index and only then gets the name of the lock: a process
/// that is killed leaves a lock that stops the next command only if that happens between two
/// calls of the system. That is why no test can stop it there; git itself, killed while it
/// writes an index, leaves its lock, too, and for longer.
///
/// An entry that was written in the same second as the index, or later, is one of whose file git
/// looks at the content. A newer index would end that for files that were changed in that second,
/// and hide the change. So the new file is not newer; it is a moment older, to be told apart.
///
/// # Errors
/// [`io::ErrorKind::Interrupted`] where another file is at that place by now; what else may fail.
pub(super) fn replace(
    file: &Path,
    seen: &IndexReader,
    pieces: &Pieces,
    sum: Option<Checksum>,
) -> io::Result<()> {
    // Git would follow a link.
    if !fs::symlink_metadata(file)?.is_file() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let time = seen.meta.modified()?.checked_sub(Duration::from_nanos(1));
    let time = time.ok_or(io::ErrorKind::Unsupported)?;
    let permissions = seen.meta.permissions();
    let mut new = Scratch::beside(file).file(Some(permissions.clone()))?;
    // The umask may have taken away what the members of a shared repository need.
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

/// Git's lock of an index file; it goes when this does.
struct IndexLock {
    path: PathBuf,
    is_held: bool,
}

impl IndexLock {
    /// Gives `new` the name of the lock as well, which fails where somebody has it.
    fn take(file: &Path, new: &Path) -> io::Result<IndexLock> {
        let path = lock_of(file);
        fs::hard_link(new, &path)?;
        Ok(IndexLock { path, is_held: true })
    }

    /// Puts the file that is the lock in the place of `file`.
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
