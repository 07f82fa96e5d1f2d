//! [`TaskDir`]: a run's temporary directory. When the process ends, the system releases the lock on
//! a file in the directory, which shows that the directory can be removed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

use tempfile::TempDir;

use crate::store::resolve_path;
use crate::system::end_left_behind;

const PREFIX: &str = "idhooks-generate-";
/// The lock file.
const LOCK: &str = "lock";
/// The directory where the programs run. It is created once the lock is held.
const WORK: &str = "work";
/// A directory that is older than this and has no lock file was abandoned while it was being
/// created.
const STALE: Duration = Duration::from_secs(60 * 60);

/// A run's temporary directory, which is removed on drop.
#[derive(Debug)]
pub(super) struct TaskDir {
    work: PathBuf,
    // The directory is removed while the lock is held: without the lock, it would look abandoned.
    _dir: TempDir,
    _lock: File,
}

impl TaskDir {
    /// Creates a directory.
    pub(super) fn new() -> io::Result<Self> {
        static SWEPT: Once = Once::new();
        // This is done once per process, because each sweep lists the system's directory for
        // temporary files.
        SWEPT.call_once(remove_abandoned_tasks);
        let dir = tempfile::Builder::new().prefix(PREFIX).tempdir()?;
        let lock = File::create(dir.path().join(LOCK))?;
        // On file systems without locks, a directory never counts as abandoned.
        let _ = lock.try_lock();
        let work = dir.path().join(WORK);
        fs::create_dir(&work)?;
        // If the directory for temporary files is a symlink, programs see the real path, and the
        // search for leftover programs must look for the same path.
        let work = resolve_path(&work).unwrap_or(work);
        Ok(TaskDir { work, _lock: lock, _dir: dir })
    }

    /// Returns the directory where the programs run.
    pub(super) fn path(&self) -> &Path {
        &self.work
    }
}

/// Returns the directories of this user's runs whose processes were killed.
pub fn abandoned_tasks() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(std::env::temp_dir()) else { return Vec::new() };
    let is_of_task = |name: &std::ffi::OsStr| name.to_str().is_some_and(|n| n.starts_with(PREFIX));
    let found = entries.flatten().filter(|entry| is_of_task(&entry.file_name()));
    found.map(|entry| entry.path()).filter(|dir| is_own(dir) && is_abandoned(dir)).collect()
}

/// Removes what is left of runs whose processes were killed: their directories, and their programs
/// if the system can list them.
pub fn remove_abandoned_tasks() {
    for dir in abandoned_tasks() {
        let work = dir.join(WORK);
        end_left_behind(&resolve_path(&work).unwrap_or(work));
        // The next sweep will try again.
        let _ = fs::remove_dir_all(&dir);
    }
}

/// Returns whether no process is using a directory any more.
fn is_abandoned(dir: &Path) -> bool {
    let is_file = |path: &Path| path.symlink_metadata().is_ok_and(|meta| meta.is_file());
    if dir.join(WORK).symlink_metadata().is_ok() && is_file(&dir.join(LOCK)) {
        // If the lock can be taken, the process that held it is gone.
        return File::open(dir.join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok());
    }
    let made = dir.symlink_metadata().and_then(|meta| meta.modified());
    made.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > STALE))
}

/// Returns whether a path is a directory owned by this process's user, rather than a symlink to
/// one.
fn is_own(dir: &Path) -> bool {
    let Ok(meta) = dir.symlink_metadata() else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        // A new file is owned by this process's effective user; the standard library offers no
        // other way to find that user.
        let own = tempfile::tempfile().and_then(|file| file.metadata());
        meta.is_dir() && own.is_ok_and(|own| own.uid() == meta.uid())
    }
    #[cfg(not(unix))]
    meta.is_dir()
}
