//! [`FileStamp`]: metadata that shows whether a file has changed.

use std::fs::{self, Metadata};
use std::hash::{BuildHasher, Hash};
use std::path::Path;
use std::time::{Duration, SystemTime};

use foldhash::fast::FixedState;

/// How long a file must go unmodified before its next change is guaranteed to show in its stamp on
/// any file system.
const TICK: Duration = Duration::from_secs(2);

/// Metadata that differs between any two files, and between any two versions of a file.
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
    /// Returns the device and inode, which distinguish different files at the same path, or zeros
    /// if the operating system does not have them.
    pub fn place(&self) -> [u64; 2] {
        self.place
    }

    /// Returns the stamp of the file that has this metadata.
    pub fn of(meta: &Metadata) -> Self {
        let (place, changed) = inode(meta);
        FileStamp { modified: meta.modified().ok(), length: meta.len(), place, changed }
    }

    /// Returns the stamp of the file at `path`, if there is one.
    pub fn at(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().map(|meta| FileStamp::of(&meta))
    }

    /// Returns whether the file at `path` has this stamp.
    pub fn is_of(&self, path: &Path) -> bool {
        FileStamp::at(path) == Some(*self)
    }

    /// Returns whether the file at `path` had this stamp before it was renamed. A rename changes
    /// only the inode's change time.
    pub fn is_of_moved(&self, path: &Path) -> bool {
        FileStamp::at(path).is_some_and(|now| FileStamp { changed: self.changed, ..now } == *self)
    }

    /// Returns a digest of the stamp, or `None` if the file was changed so recently that another
    /// change might not show.
    pub fn digest(&self, now: SystemTime) -> Option<u64> {
        let [seconds, _] = self.changed;
        // The time is zero on operating systems that do not record it.
        let changed = Duration::from_secs(u64::try_from(seconds).ok().filter(|s| *s > 0)?);
        let age = now.duration_since(SystemTime::UNIX_EPOCH + changed).ok()?;
        // On a file system with coarse timestamps, the next change might result in the same stamp.
        (age > TICK).then(|| digest(self))
    }
}

/// Returns a digest that detects accidental changes, but not deliberate ones.
pub fn digest(what: impl Hash) -> u64 {
    // The seed is fixed, because digests are stored and later processes compare them.
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
