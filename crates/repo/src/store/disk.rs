//! Syncs files, and makes the kinds of changes that a power failure may undo.
//!
//! Until a file is synced, a power failure may lose its content. Until the directory is synced, a
//! power failure may lose a new name or bring back an old one. Debug builds record all of these
//! changes for tests.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::sync_recorder;

/// How much of a file is synced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SyncLevel {
    /// Nothing is synced; the operating system decides when to write files to disk.
    #[default]
    Nothing,
    /// The content is synced, but not the file's entry in its directory.
    Content,
    /// The content and the file's entry in its directory are synced.
    Full,
}

impl SyncLevel {
    /// Syncs the content of the file at `path`.
    ///
    /// # Errors
    /// Returns an error if the operating system cannot write it to disk.
    pub(crate) fn file(self, file: &File, path: &Path) -> io::Result<()> {
        sync_recorder::reach(path);
        match self {
            SyncLevel::Nothing => return Ok(()),
            SyncLevel::Content => file.sync_data()?,
            SyncLevel::Full => file.sync_all()?,
        }
        sync_recorder::record("sync", &[path]);
        Ok(())
    }

    /// Syncs the entries in `dir`. `made` is the number of directories, ending with `dir`, that
    /// have just been created; their own entries are synced as well.
    ///
    /// # Errors
    /// Returns an error if the operating system cannot write them to disk.
    pub(crate) fn dir(self, dir: &Path, made: usize) -> io::Result<()> {
        if self != SyncLevel::Full {
            return Ok(());
        }
        dir.ancestors().take(made + 1).try_for_each(sync_dir)
    }

    /// Syncs the entries in these directories, skipping directories that no longer exist.
    ///
    /// # Errors
    /// Returns an error if the operating system cannot write them to disk.
    pub(crate) fn dirs(self, dirs: &BTreeSet<PathBuf>) -> io::Result<()> {
        let there = dirs.iter().filter(|dir| dir.is_dir());
        there.into_iter().try_for_each(|dir| self.dir(dir, 0))
    }
}

/// Syncs a directory's entries, if the operating system supports that.
fn sync_dir(dir: &Path) -> io::Result<()> {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    sync_recorder::reach(dir);
    // Some operating systems cannot open directories, and some file systems cannot sync them.
    let Ok(open) = File::open(dir) else { return Ok(()) };
    match open.sync_all() {
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::InvalidInput
                    | io::ErrorKind::Unsupported
                    | io::ErrorKind::PermissionDenied
            ) =>
        {
            Err(error)
        }
        _ => {
            sync_recorder::record("sync", &[dir]);
            Ok(())
        }
    }
}

/// Returns the number of directories that have to be created for `dir` to exist.
pub fn missing_dirs(dir: &Path) -> usize {
    // A dangling symlink counts as existing, because no directory can be created in its place.
    dir.ancestors().take_while(|d| fs::symlink_metadata(d).is_err()).count()
}

/// Records that a file's content was written.
pub(crate) fn wrote(path: &Path) {
    sync_recorder::record("write", &[path]);
}

/// Renames a file, a symlink or a directory.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    // Record this first, so that a test can keep a copy of the file being replaced.
    sync_recorder::record("rename", &[from, to]);
    fs::rename(from, to)
}

/// Records that `from` is about to be renamed to `to`.
pub(crate) fn renaming(from: &Path, to: &Path) {
    sync_recorder::record("rename", &[from, to]);
}

/// Records that git has renamed something to a name that did not exist.
pub(crate) fn renamed(from: &Path, to: &Path) {
    sync_recorder::record("renamed", &[from, to]);
}

/// Removes a file or a symlink.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    sync_recorder::record("remove", &[path]);
    fs::remove_file(path)
}
