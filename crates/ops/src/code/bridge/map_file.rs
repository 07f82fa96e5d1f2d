//! Maps of old and new identifiers: JSON Lines files with one pair per line.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use idhooks_code::bridge::TranslationMap;
use idhooks_repo::store::FileStamp;
use serde::{Deserialize, Serialize};

use super::BridgeRefusal;

/// A line in a map.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PairLine {
    from: String,
    to: String,
}

/// A map: its name, its location, and the file's state when it was last read.
#[derive(Debug)]
pub(super) struct MapFile {
    named: PathBuf,
    path: PathBuf,
    stamp: Option<FileStamp>,
    has_existed: bool,
}

/// A set of maps that are used together.
#[derive(Debug)]
pub(super) struct MapFiles(pub(super) Vec<MapFile>);

impl MapFile {
    /// Returns the map with this name, relative to a directory.
    pub(super) fn new(dir: &Path, named: &Path) -> Self {
        MapFile { named: named.to_owned(), path: dir.join(named), stamp: None, has_existed: false }
    }

    /// Adds the file's pairs to a map.
    fn read(&mut self, map: &mut TranslationMap) -> Result<(), BridgeRefusal> {
        match File::open(&self.path) {
            Ok(open) => {
                self.has_existed = true;
                // Another run may be appending to the file, so wait for it. Some file systems do
                // not support locks.
                let _unlocked_on_close = open.lock_shared();
                read_open(open, &self.named, map)
            }
            Err(error) if error.kind() == ErrorKind::NotFound && !self.has_existed => Ok(()),
            Err(error) => Err(BridgeRefusal::Unreadable(self.named.clone(), error)),
        }
    }
}

impl MapFiles {
    /// Returns whether any file has changed since it was last read.
    pub(super) fn have_changed(&self) -> bool {
        self.0.iter().any(|file| FileStamp::at(&file.path) != file.stamp)
    }

    /// Returns the pairs from all files. A file that has never existed contributes no pairs.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or has gone missing since it was last read, or if
    /// a line is not a pair or contradicts another.
    pub(super) fn read(&mut self) -> Result<TranslationMap, BridgeRefusal> {
        // The file's state is taken before reading, so that a change during the read is noticed.
        self.0.iter_mut().for_each(|file| file.stamp = FileStamp::at(&file.path));
        let mut map = TranslationMap::default();
        self.0.iter_mut().try_for_each(|file| file.read(&mut map))?;
        Ok(map)
    }
}

/// Reads the pairs from an open file; error messages name the file as the user typed it.
fn read_open(mut open: File, named: &Path, map: &mut TranslationMap) -> Result<(), BridgeRefusal> {
    let mut text = String::new();
    let unreadable = |error: io::Error| BridgeRefusal::Unreadable(named.to_owned(), error);
    open.read_to_string(&mut text).map_err(unreadable)?;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let place = || format!("{}:{}", named.display(), at + 1);
        // A run that is killed while writing leaves an incomplete line behind.
        if !line.ends_with('\n') {
            return Err(BridgeRefusal::Incomplete(place()));
        }
        if line.trim().is_empty() {
            continue;
        }
        let pair: PairLine =
            serde_json::from_str(line).map_err(|error| BridgeRefusal::NoPair(place(), error))?;
        map.add(&pair.from, &pair.to)
            .map_err(|error| BridgeRefusal::Contradiction(place(), error.into()))?;
    }
    Ok(())
}

impl MapFile {
    /// Appends the pairs that the file does not have yet, in a single write, under a lock.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or written, or a pair contradicts one in the
    /// file.
    pub(super) fn append(&self, pairs: &[(&str, &str)]) -> Result<(), BridgeRefusal> {
        let named = &self.named;
        let failed = |error: io::Error| BridgeRefusal::Unwritable(named.clone(), error);
        let mut options = OpenOptions::new();
        let open = options.read(true).append(true).create(true).open(&self.path);
        let mut open = open.map_err(failed)?;
        // Two runs appending at once could add contradictory pairs, because neither has read the
        // other's pairs.
        open.lock().map_err(failed)?;
        let mut map = TranslationMap::default();
        // The cloned handle shares the lock, and appending does not depend on the read position.
        read_open(open.try_clone().map_err(failed)?, named, &mut map)?;
        let mut lines = String::new();
        for (from, to) in pairs {
            let count = map.len();
            map.add(from, to)
                .map_err(|error| BridgeRefusal::NotAdded(named.clone(), error.into()))?;
            if map.len() > count {
                let pair = PairLine { from: (*from).to_owned(), to: (*to).to_owned() };
                lines.push_str(&serde_json::to_string(&pair).unwrap_or_default());
                lines.push('\n');
            }
        }
        open.write_all(lines.as_bytes()).and_then(|()| open.sync_all()).map_err(failed)
    }
}
