//! Changes of files that a power failure may lose, and syncing them.
//!
//! Until a file is synced, a power failure may lose its content. Until its directory is synced, it
//! may lose a new name or bring back an old one. Debug builds record all of these changes for
//! tests.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::recorder;

/// The degree to which files are synced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SyncLevel {
    /// The system decides when to write them.
    #[default]
    Nothing,
    /// Their content, but not the names in their directory.
    Content,
    /// Their content and their names.
    Full,
}

impl SyncLevel {
    /// Syncs the content of the file at `path`.
    ///
    /// # Errors
    /// Returns an error if the system cannot write it to the disk.
    pub(crate) fn file(self, file: &File, path: &Path) -> io::Result<()> {
        recorder::reach(path);
        match self {
            SyncLevel::Nothing => return Ok(()),
            SyncLevel::Content => file.sync_data()?,
            SyncLevel::Full => file.sync_all()?,
        }
        recorder::record("sync", &[path]);
        Ok(())
    }

    /// Syncs the names in `dir` and, if `made` directories above and including it are new, theirs.
    ///
    /// # Errors
    /// Returns an error if the system cannot write them to the disk.
    pub(crate) fn dir(self, dir: &Path, made: usize) -> io::Result<()> {
        if self != SyncLevel::Full {
            return Ok(());
        }
        dir.ancestors().take(made + 1).try_for_each(sync_dir)
    }

    /// Syncs the names in some directories, as far as these still exist.
    ///
    /// # Errors
    /// Returns an error if the system cannot write them to the disk.
    pub(crate) fn dirs(self, dirs: &BTreeSet<PathBuf>) -> io::Result<()> {
        let there = dirs.iter().filter(|dir| dir.is_dir());
        there.into_iter().try_for_each(|dir| self.dir(dir, 0))
    }
}

/// Syncs the names in a directory, if the system can do that.
fn sync_dir(dir: &Path) -> io::Result<()> {
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    recorder::reach(dir);
    // Some systems do not open directories, and some file systems do not sync them.
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
            recorder::record("sync", &[dir]);
            Ok(())
        }
    }
}

/// Returns the number of directories that have to be created for `dir` to exist.
pub fn missing_dirs(dir: &Path) -> usize {
    // A dangling link exists for this purpose: no directory can be created in its place.
    dir.ancestors().take_while(|d| fs::symlink_metadata(d).is_err()).count()
}

/// Records that the content of a file was written.
pub(crate) fn wrote(path: &Path) {
    recorder::record("write", &[path]);
}

/// Renames a file, a link or a directory.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    // Recorded before it happens, because a test keeps a copy of the file that is replaced.
    recorder::record("rename", &[from, to]);
    fs::rename(from, to)
}

/// Records that `from` is about to be renamed to `to` under another name.
pub(crate) fn renaming(from: &Path, to: &Path) {
    recorder::record("rename", &[from, to]);
}

/// Records that git has renamed something to a name that did not exist.
pub(crate) fn renamed(from: &Path, to: &Path) {
    recorder::record("renamed", &[from, to]);
}

/// Removes a file or a link.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    recorder::record("remove", &[path]);
    fs::remove_file(path)
}
