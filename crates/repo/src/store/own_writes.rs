//! Keeps a list of files that idhooks itself wrote, so that a watcher does not mistake them for
//! someone else's changes.

use std::time::Duration;

use idhooks_core::registry::RepoPath;

use super::{StateDir, StateFile, StoreError, clock::since_epoch};

/// The maximum size of the list in bytes. A larger list means that the watcher reading it is gone.
const LONGEST: u64 = 1 << 20;

/// The list of files in a working tree that idhooks wrote. It exists only while a watcher is
/// running.
#[derive(Debug, Clone)]
pub struct OwnWrites(StateFile);

/// A file that idhooks wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnWrite {
    /// Its path.
    pub path: RepoPath,
    /// The time the command began writing, as a duration since the Unix epoch.
    pub begin: Duration,
    /// When it finished.
    pub end: Duration,
}

impl OwnWrites {
    /// Returns the list for a working tree with this state directory.
    pub fn in_dir(state: &StateDir) -> Self {
        OwnWrites(state.file("watch/own"))
    }

    /// Adds files written since `begin`, if a watcher is running. If this fails, the only effect is
    /// that the watcher queues an extra item.
    pub fn note<'p>(&self, begin: Duration, paths: impl IntoIterator<Item = &'p RepoPath>) {
        // Without a watcher there is no list, and a hook must not create it.
        let length = self.0.path().symlink_metadata().map(|meta| meta.len());
        if length.is_ok_and(|length| length < LONGEST) {
            // Fields are terminated by NUL bytes, because paths may contain newlines.
            let times = format!("{} {}\0", begin.as_nanos(), since_epoch().as_nanos());
            let line = |path: &RepoPath| [times.as_bytes(), path.as_bytes(), b"\0"].concat();
            let lines: Vec<u8> = paths.into_iter().flat_map(line).collect();
            let _ = self.0.append(lines);
        }
    }

    /// Starts an empty list.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn begin(&self) -> Result<(), StoreError> {
        self.0.replace(b"")
    }

    /// Ends the list.
    ///
    /// # Errors
    /// Returns an error if the file cannot be removed.
    pub fn end(&self) -> Result<(), StoreError> {
        self.0.remove()
    }

    /// Returns the entries added since the list was `seen` bytes long, and the list's current
    /// length in bytes.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn read(&self, seen: usize) -> Result<(Vec<OwnWrite>, usize), StoreError> {
        let length = self.0.path().symlink_metadata().map_or(0, |meta| meta.len());
        if length == seen as u64 {
            return Ok((Vec::new(), seen));
        }
        let bytes = self.0.read()?.unwrap_or_default();
        // An entry that is still being appended has no end marker yet.
        let end = bytes.iter().rposition(|byte| *byte == 0).map_or(0, |last| last + 1);
        let fields: Vec<&[u8]> =
            bytes.get(seen..end).unwrap_or_default().split(|b| *b == 0).collect();
        let found = fields.chunks_exact(2).filter_map(|pair| OwnWrite::parse(pair[0], pair[1]));
        Ok((found.collect(), end.max(seen)))
    }
}

impl OwnWrite {
    fn parse(times: &[u8], path: &[u8]) -> Option<Self> {
        let (begin, end) = std::str::from_utf8(times).ok()?.split_once(' ')?;
        let time = |text: &str| Some(Duration::from_nanos(text.parse().ok()?));
        Some(OwnWrite { path: RepoPath::new(path).ok()?, begin: time(begin)?, end: time(end)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Sharing;

    #[test]
    fn writes_are_listed_only_for_a_reader() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let list = OwnWrites::in_dir(&StateDir::of(dir.path(), Sharing::default()));
        let path = RepoPath::new(*b"a \xff\n1 2").expect("a path");
        let begin = since_epoch();
        list.note(begin, [&path]);
        assert!(!dir.path().join("idhooks").exists());
        list.begin().expect("writable");
        list.note(begin, [&path, &RepoPath::registry()]);
        let (found, seen) = list.read(0).expect("readable");
        let paths: Vec<&RepoPath> = found.iter().map(|write| &write.path).collect();
        assert_eq!(paths, [&path, &RepoPath::registry()]);
        assert!(found.iter().all(|write| write.begin == begin && write.end >= begin));
        assert_eq!(list.read(seen).expect("readable"), (Vec::new(), seen));
        list.note(begin, [&path]);
        assert_eq!(list.read(seen).expect("readable").0.len(), 1);
        list.end().expect("removable");
        list.note(begin, [&path]);
        assert_eq!(list.read(0).expect("readable"), (Vec::new(), 0));
    }
}
