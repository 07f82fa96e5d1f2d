//! Whether a file is still the one that it was.

use std::fs::{self, Metadata};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::path_file::digest;

/// How long a file has to be left alone until a change of it shows in its stamp on any file system.
const TICK: Duration = Duration::from_secs(2);

/// What no two files, and no two contents of one file, have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileStamp {
    modified: Option<SystemTime>,
    length: u64,
    /// Device and inode.
    place: [u64; 2],
    /// When that was changed, in seconds and nanoseconds.
    changed: [i64; 2],
}

impl FileStamp {
    /// Returns the stamp of a file with this metadata.
    pub fn of(meta: &Metadata) -> Self {
        let (place, changed) = inode(meta);
        FileStamp { modified: meta.modified().ok(), length: meta.len(), place, changed }
    }

    /// Returns whether the file at `path` has this stamp.
    pub fn is_of(&self, path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|meta| FileStamp::of(&meta) == *self)
    }

    /// Returns whether the file that had this stamp has got the name `path` since, which changes
    /// nothing in it.
    pub fn is_of_moved(&self, path: &Path) -> bool {
        let now = fs::metadata(path).map(|meta| FileStamp::of(&meta));
        now.is_ok_and(|now| FileStamp { changed: self.changed, ..now } == *self)
    }

    /// Returns a number that stands for the stamp; nothing where the file was changed so shortly
    /// before `now` that it may be changed again without showing it.
    pub fn digest(&self, now: SystemTime) -> Option<u64> {
        let [seconds, _] = self.changed;
        let changed = Duration::from_secs(u64::try_from(seconds).ok().filter(|s| *s > 0)?);
        let age = now.duration_since(SystemTime::UNIX_EPOCH + changed).ok()?;
        (age > TICK).then(|| digest(self))
    }
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
