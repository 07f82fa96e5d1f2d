//! Syncs files, and makes the kinds of changes that a power failure may undo.
//!
//! Until a file is synced, a power failure may lose its content. Until the directory is synced, a
//! power failure may lose a new name or bring back an old one. Debug builds record all of these
//! changes for tests.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::sync_recorder;

/// How long to wait for other programs that have a file open and thereby keep it from being renamed
/// or replaced, as only Windows lets them: virus scanners and search indexers, for a moment.
const PATIENCE: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(10);

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
        let synced = match self {
            SyncLevel::Nothing => return Ok(()),
            SyncLevel::Content => file.sync_data(),
            SyncLevel::Full => file.sync_all(),
        };
        match synced {
            // Windows syncs a file only if it is open for writing.
            Err(error) if cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied => {
                match File::options().write(true).open(path) {
                    Ok(writable) => writable.sync_all()?,
                    // git makes objects read-only, after they are on the disk.
                    Err(_) => return Ok(()),
                }
            }
            done => done?,
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

/// Renames a file, a symlink or a directory. Replaces a file that has the new name, which this process
/// must not have open.
///
/// # Errors
/// Returns an error if it cannot be renamed, or if another program keeps it open for too long.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    // Record this first, so that a test can keep a copy of the file being replaced.
    sync_recorder::record("rename", &[from, to]);
    move_name(from, to)
}

/// Renames something, without a record.
pub(crate) fn move_name(from: &Path, to: &Path) -> io::Result<()> {
    assert_closed(to);
    // The answer is ERROR_ACCESS_DENIED if the file to be replaced is open.
    let is_open = |error: &io::Error| cfg!(windows) && error.raw_os_error() == Some(5);
    patiently(PATIENCE, |error| is_open(error) || is_in_use(error), || fs::rename(from, to))
}

/// Reads a file, which another process may have locked.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    patiently(PATIENCE, is_in_use, || fs::read(path))
}

/// Returns whether the error means that another program has the file open or locked.
fn is_in_use(error: &io::Error) -> bool {
    // ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION.
    cfg!(windows) && matches!(error.raw_os_error(), Some(32 | 33))
}

/// Tries something again while its error may pass, for at most `patience`.
fn patiently<T>(
    patience: Duration,
    may_pass: impl Fn(&io::Error) -> bool,
    mut attempt: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    let begin = Instant::now();
    loop {
        match attempt() {
            Err(error) if may_pass(&error) && begin.elapsed() < patience => sleep(POLL),
            done => return done,
        }
    }
}

/// Panics, in debug builds on Linux, if this process has a file open that is about to be replaced:
/// elsewhere, that works, but not on Windows.
#[cfg(all(debug_assertions, target_os = "linux"))]
pub(crate) fn assert_closed(path: &Path) {
    let opened = || -> io::Result<bool> {
        let dir = super::resolve_path(path.parent().unwrap_or(Path::new("/")))?;
        let path = dir.join(path.file_name().unwrap_or_default());
        let is_open = |file: &fs::DirEntry| fs::read_link(file.path()).is_ok_and(|at| at == path);
        Ok(fs::read_dir("/proc/self/fd")?.flatten().any(|file| is_open(&file)))
    };
    // Another thread may be reading the file, as another process may.
    let closed = patiently(
        PATIENCE,
        |_| true,
        || match opened() {
            Ok(true) => Err(io::ErrorKind::ResourceBusy.into()),
            // Without a list of the open files, there is nothing to check.
            _ => Ok(()),
        },
    );
    assert!(closed.is_ok(), "{} is open and about to be replaced", path.display());
}

/// Does nothing.
#[cfg(not(all(debug_assertions, target_os = "linux")))]
pub(crate) const fn assert_closed(_: &Path) {}

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
    patiently(PATIENCE, is_in_use, || fs::remove_file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    fn busy() -> io::Error {
        io::ErrorKind::ResourceBusy.into()
    }

    #[test]
    fn a_file_in_use_is_tried_again() {
        let mut answers = vec![Ok(()), Err(busy()), Err(busy())];
        let done = patiently(LONG, |_| true, || answers.pop().expect("not tried after success"));
        assert!(done.is_ok() && answers.is_empty());
    }

    #[test]
    fn other_errors_are_final_and_patience_ends() {
        for (patience, may_pass) in [(LONG, false), (Duration::ZERO, true)] {
            let mut attempts = 0;
            let done: io::Result<()> = patiently(
                patience,
                |_| may_pass,
                || {
                    attempts += 1;
                    Err(busy())
                },
            );
            assert_eq!(done.expect_err("it fails").kind(), io::ErrorKind::ResourceBusy);
            assert_eq!(attempts, 1);
        }
    }

    #[cfg(all(debug_assertions, target_os = "linux"))]
    #[test]
    fn an_open_file_is_not_replaced() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let [from, to] = ["from", "to"].map(|name| dir.path().join(name));
        for file in [&from, &to] {
            fs::write(file, "text").expect("writable");
        }
        let open = File::open(&to).expect("readable");
        let replaced = std::panic::catch_unwind(|| rename(&from, &to));
        replaced.expect_err("the file is open");
        drop(open);
        rename(&from, &to).expect("the file is closed");
    }
}
