//! [`LooseVersions`]: the list of registry versions that idhooks stored as loose objects in this
//! clone, in `idhooks/loose-versions` in the common git directory.
//!
//! Each line has a version and the totals up to there, so that a commit only reads the last line.
//! Lines are appended in one write, under a lock on a second file. The list is shortened by
//! replacing it under the same lock, which is on another file because Windows replaces no open
//! file. If the list is lost, versions may stay loose for longer, until the repository's history is
//! searched for them or git packs them.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::time::Duration;

use idhooks_core::registry::BlobId;

use super::failpoint::pause;
use super::writer_lock::{LockMode, lock_file};
use super::{StateDir, StateFile, StoreError};

/// The last word of every line, without which a line is torn.
const END: &str = ".";
/// The first word of a line that adds no version.
const NO_VERSION: &str = "-";
/// How many bytes at the end of the file contain its last line.
const WINDOW: u64 = 512;
/// How long to wait for other processes, which hold the lock for a few microseconds.
const PATIENCE: Duration = Duration::from_millis(200);

idhooks_core::words! {
    /// A file of which every commit that changes the registry stores a version.
    pub enum VersionedFile {
        /// The registry.
        Registry = "registry",
        /// The legacy file for dual write, which is as large.
        Legacy = "legacy",
    }
}

/// A version of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LooseVersion {
    /// Its blob.
    pub blob: BlobId,
    /// The file it is a version of.
    pub file: VersionedFile,
    /// The size of the loose object in bytes.
    pub size: u64,
}

/// The totals of the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LooseTotals {
    /// The number of versions.
    pub versions: u64,
    /// The size of their loose objects in bytes.
    pub bytes: u64,
    /// How many times the bounds the totals were when packing was last started.
    pub tried: u64,
}

/// The list of loose versions, which all working trees of a clone share.
#[derive(Debug, Clone)]
pub struct LooseVersions {
    list: StateFile,
    lock: StateFile,
}

impl LooseTotals {
    /// Returns the totals of these versions.
    pub fn of(versions: &[LooseVersion]) -> Self {
        let mut totals = LooseTotals::default();
        versions.iter().for_each(|version| totals.add(version));
        totals
    }

    /// Adds a version.
    fn add(&mut self, version: &LooseVersion) {
        self.versions += 1;
        self.bytes = self.bytes.saturating_add(version.size);
    }

    fn line(&self, version: Option<&LooseVersion>) -> String {
        let LooseTotals { versions, bytes, tried } = self;
        let first = match version {
            Some(LooseVersion { blob, file, size }) => format!("{blob} {file} {size}"),
            None => NO_VERSION.to_owned(),
        };
        format!("{first} {versions} {bytes} {tried} {END}\n")
    }
}

/// A line of the list.
#[derive(Debug, Clone, Copy)]
struct ListLine {
    /// The version it adds, if any.
    version: Option<LooseVersion>,
    totals: LooseTotals,
}

impl ListLine {
    fn parse(line: &[u8]) -> Option<Self> {
        let words: Vec<&str> = std::str::from_utf8(line).ok()?.split(' ').collect();
        let (version, totals) = match *words.as_slice() {
            [NO_VERSION, ref totals @ ..] => (None, totals),
            [blob, file, size, ref totals @ ..] => {
                let (blob, file) = (blob.parse().ok()?, VersionedFile::parse(file)?);
                (Some(LooseVersion { blob, file, size: size.parse().ok()? }), totals)
            }
            _ => return None,
        };
        let [versions, bytes, tried, END] = *totals else { return None };
        let (versions, bytes) = (versions.parse().ok()?, bytes.parse().ok()?);
        let totals = LooseTotals { versions, bytes, tried: tried.parse().ok()? };
        Some(ListLine { version, totals })
    }
}

/// What is known after adding a version to the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddedVersion {
    /// The totals, with this version.
    pub totals: LooseTotals,
    /// Whether there was no list before.
    pub is_first: bool,
}

impl LooseVersions {
    /// Returns the list in this state directory.
    pub fn in_dir(state: &StateDir) -> Self {
        LooseVersions {
            list: state.file("loose-versions"),
            lock: state.file("loose-versions.lock"),
        }
    }

    /// Adds a version, unless it is the last one. Returns `None` if another process kept the list
    /// locked.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or written.
    pub fn add(&self, version: &LooseVersion) -> Result<Option<AddedVersion>, StoreError> {
        self.append(|last, totals| {
            let is_new = last.is_none_or(|last| last.blob != version.blob);
            is_new.then(|| totals.add(version)).map(|()| *version)
        })
    }

    /// Notes that packing has been started when the totals were `tried` times the bounds.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or written.
    pub fn note_try(&self, tried: u64) -> Result<(), StoreError> {
        let noted = self.append(|_, totals| {
            totals.tried = tried;
            None
        });
        noted.map(drop)
    }

    /// Appends a line with the totals that `change` makes of the last ones and the version that it
    /// returns.
    fn append(
        &self,
        change: impl FnOnce(Option<&LooseVersion>, &mut LooseTotals) -> Option<LooseVersion>,
    ) -> Result<Option<AddedVersion>, StoreError> {
        let failed = |cause| StoreError::new("append to", self.list.path(), cause);
        let Some(_lock) = self.lock()? else { return Ok(None) };
        let mut options = OpenOptions::new();
        let mut file = self.list.open("append to", options.create(true).read(true).append(true))?;
        let (last, is_torn) = last_line(&mut file).map_err(failed)?;
        let (is_first, before) = (last.is_none(), last.map(|last| last.totals));
        let mut totals = before.unwrap_or_default();
        let version = change(last.and_then(|last| last.version).as_ref(), &mut totals);
        if before != Some(totals) {
            // A line that a crash cut off must not swallow this one.
            let start = if is_torn { "\n" } else { "" };
            let line = format!("{start}{}", totals.line(version.as_ref()));
            file.write_all(line.as_bytes()).map_err(failed)?;
            pause("a loose version is listed");
        }
        Ok(Some(AddedVersion { totals, is_first }))
    }

    /// Reads the list; returns `None` if there is none.
    ///
    /// # Errors
    /// Returns an error if the file exists but cannot be read.
    pub fn read(&self) -> Result<Option<Vec<LooseVersion>>, StoreError> {
        Ok(self.list.read()?.map(|bytes| parse_list(&bytes)))
    }

    /// Replaces the list by what `change` makes of it, and notes that packing has been started when
    /// the totals were as many times the bounds as `tried` returns for the new ones. Nothing
    /// changes if another process keeps the list locked.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or replaced.
    pub fn rewrite(
        &self,
        change: impl FnOnce(Vec<LooseVersion>) -> Vec<LooseVersion>,
        tried: impl FnOnce(&LooseTotals) -> u64,
    ) -> Result<(), StoreError> {
        let Some(_lock) = self.lock()? else { return Ok(()) };
        let versions = change(self.read()?.unwrap_or_default());
        let tried = tried(&LooseTotals::of(&versions));
        let mut totals = LooseTotals { tried, ..LooseTotals::default() };
        // An empty list must differ from one that is missing.
        let mut text = totals.line(None);
        for version in versions {
            totals.add(&version);
            text.push_str(&totals.line(Some(&version)));
        }
        pause("the loose versions are about to be replaced");
        self.list.replace(text.as_bytes())
    }

    /// Locks the list until the file is dropped; `None` if another process keeps it locked.
    fn lock(&self) -> Result<Option<File>, StoreError> {
        let mut options = OpenOptions::new();
        let file = self.lock.open("lock", options.create(true).append(true))?;
        let locked = lock_file(&file, LockMode::Exclusive, PATIENCE);
        let locked = locked.map_err(|cause| StoreError::new("lock", self.lock.path(), cause))?;
        Ok(locked.then_some(file))
    }
}

fn parse_list(bytes: &[u8]) -> Vec<LooseVersion> {
    let lines = bytes.split(|byte| *byte == b'\n');
    lines.filter_map(ListLine::parse).filter_map(|line| line.version).collect()
}

/// Returns the last line that is whole, and whether the file ends in the middle of a line.
fn last_line(file: &mut File) -> io::Result<(Option<ListLine>, bool)> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(WINDOW)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let is_torn = bytes.last().is_some_and(|byte| *byte != b'\n');
    Ok((bytes.rsplit(|byte| *byte == b'\n').find_map(ListLine::parse), is_torn))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;

    fn in_dir(dir: &std::path::Path) -> LooseVersions {
        LooseVersions::in_dir(&StateDir::of(dir, Sharing::default()))
    }

    fn version(number: u64) -> LooseVersion {
        let blob = format!("{number:040x}").parse().expect("an id");
        LooseVersion { blob, file: VersionedFile::Registry, size: number }
    }

    fn add(list: &LooseVersions, number: u64) -> (u64, u64, u64, bool) {
        let added = list.add(&version(number)).expect("writable").expect("not locked");
        let LooseTotals { versions, bytes, tried } = added.totals;
        (versions, bytes, tried, added.is_first)
    }

    #[test]
    fn totals_are_those_of_the_last_whole_line() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let list = in_dir(dir.path());
        assert_eq!(list.read().expect("readable"), None);
        assert_eq!(add(&list, 5), (1, 5, 0, true));
        assert_eq!(add(&list, 5), (1, 5, 0, false));
        assert_eq!(add(&list, 7), (2, 12, 0, false));
        list.note_try(3).expect("writable");
        assert_eq!(add(&list, 1), (3, 13, 3, false));
        assert_eq!(list.read().expect("readable"), Some(vec![version(5), version(7), version(1)]));
        let whole = std::fs::read(list.list.path()).expect("there");
        for cut in 0..whole.len() {
            std::fs::write(list.list.path(), &whole[..cut]).expect("writable");
            let torn = list.read().expect("readable").expect("there");
            let kept = torn.iter().map(|version| version.size).sum::<u64>();
            let count = torn.len() as u64;
            // A cut that leaves a line whole but for its end is the only one that keeps it.
            let (versions, bytes, _, _) = add(&list, 9);
            assert_eq!((versions, bytes), (count + 1, kept + 9), "{cut}");
            assert_eq!(list.read().expect("readable").expect("there").last(), Some(&version(9)));
        }
        std::fs::write(list.list.path(), "something else\n").expect("writable");
        assert_eq!(add(&list, 2), (1, 2, 0, true));
    }

    fn keep_even(list: &LooseVersions) {
        let even = |versions: Vec<LooseVersion>| {
            versions.into_iter().filter(|version| version.size % 2 == 0).collect()
        };
        list.rewrite(even, |totals| totals.versions / 50).expect("writable");
    }

    #[test]
    fn a_rewritten_list_loses_no_version() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let list = in_dir(dir.path());
        std::thread::scope(|scope| {
            for thread in 0..4_u64 {
                let list = &list;
                scope.spawn(move || {
                    for number in 0..50 {
                        // Losing a line to a lock held for too long is not what is tested here.
                        while list.add(&version(100 * thread + number)).expect("writable").is_none()
                        {
                        }
                    }
                });
            }
            (0..20).for_each(|_| keep_even(&list));
        });
        keep_even(&list);
        let mut sizes: Vec<u64> =
            list.read().expect("readable").expect("there").iter().map(|v| v.size).collect();
        sizes.sort_unstable();
        let all = (0..4).flat_map(|thread| (0..50).map(move |number| 100 * thread + number));
        assert_eq!(sizes, all.filter(|size| size % 2 == 0).collect::<Vec<u64>>());
        let total = sizes.iter().sum::<u64>();
        assert_eq!(add(&list, 1_000), (101, total + 1_000, 2, false));
    }
}
