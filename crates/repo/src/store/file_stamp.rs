//! A file's stamp, which shows whether the file has changed.

use std::fs::{self, Metadata};
use std::hash::{BuildHasher, Hash};
use std::path::Path;
use std::time::{Duration, SystemTime};

use foldhash::fast::FixedState;

/// How long a file must be unchanged before its next change shows in its stamp on any file system.
const TICK: Duration = Duration::from_secs(2);

/// Metadata that differs between any two files, and between any two contents of the same file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileStamp {
    modified: Option<SystemTime>,
    length: u64,
    /// Device and inode.
    place: [u64; 2],
    /// The time of the last inode change, in seconds and nanoseconds.
    changed: [i64; 2],
}

impl FileStamp {
    /// Returns the device and inode, which are different for another file at the same path; zeros
    /// if the system has none.
    pub fn place(&self) -> [u64; 2] {
        self.place
    }

    /// Returns the stamp for a file with this metadata.
    pub fn of(meta: &Metadata) -> Self {
        let (place, changed) = inode(meta);
        FileStamp { modified: meta.modified().ok(), length: meta.len(), place, changed }
    }

    /// Returns the stamp for the file at `path`, if there is one.
    pub fn at(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|meta| FileStamp::of(&meta))
    }

    /// Returns whether the file at `path` has this stamp.
    pub fn is_of(&self, path: &Path) -> bool {
        FileStamp::at(path) == Some(*self)
    }

    /// Returns whether `path` is the file that had this stamp before it was renamed. A rename
    /// changes only the inode change time.
    pub fn is_of_moved(&self, path: &Path) -> bool {
        FileStamp::at(path).is_some_and(|now| FileStamp { changed: self.changed, ..now } == *self)
    }

    /// Returns a digest of the stamp, or `None` if the file changed so shortly before `now` that
    /// another change might not be visible.
    pub fn digest(&self, now: SystemTime) -> Option<u64> {
        let [seconds, _] = self.changed;
        // A zero time comes from systems that do not have this time.
        let changed = Duration::from_secs(u64::try_from(seconds).ok().filter(|s| *s > 0)?);
        let age = now.duration_since(SystemTime::UNIX_EPOCH + changed).ok()?;
        // On file systems with coarse timestamps, the next change would have the same stamp.
        (age > TICK).then(|| digest(self))
    }
}

/// Returns a digest that detects accidental changes, but not deliberate ones.
pub fn digest(what: impl Hash) -> u64 {
    // A fixed seed, because digests are stored and compared by later processes.
    FixedState::with_seed(1).hash_one(what)
}

#[cfg(unix)]
fn inode(meta: &Metadata) -> ([u64; 2], [i64; 2]) {
    use std::os::unix::fs::MetadataExt;
    ([meta.dev(), meta.ino()], [meta.ctime(), meta.ctime_nsec()])
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> ([u64; 2], [i64; 2]) {
    Default::default()
}
