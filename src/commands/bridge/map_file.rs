//! Maps of old and new identifiers: files in JSON Lines, one pair on a line.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use idhooks_identifiers::bridge::TranslationMap;
use idhooks_repo::store::FileStamp;
use serde::{Deserialize, Serialize};

use crate::error::{CommandError, CommandResult};

/// A line of a map.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PairLine {
    from: String,
    to: String,
}

/// A map: its name, where it is, and its state when it was last read.
#[derive(Debug)]
pub(super) struct MapFile {
    named: PathBuf,
    path: PathBuf,
    stamp: Option<FileStamp>,
    has_existed: bool,
}

/// The maps that belong together.
#[derive(Debug)]
pub(super) struct MapFiles(Vec<MapFile>);

impl MapFile {
    /// Returns the map with a name that is relative to a directory.
    pub(super) fn new(dir: &Path, named: &Path) -> Self {
        MapFile { named: named.to_owned(), path: dir.join(named), stamp: None, has_existed: false }
    }

    /// Adds the pairs to a map.
    fn read(&mut self, map: &mut TranslationMap) -> CommandResult<()> {
        match File::open(&self.path) {
            Ok(open) => {
                self.has_existed = true;
                // Another run may be appending to it. Some file systems have no locks.
                let _unlocked_on_close = open.lock_shared();
                read_open(open, &self.named, map)
            }
            Err(error) if error.kind() == ErrorKind::NotFound && !self.has_existed => Ok(()),
            Err(error) => Err(cannot("read", &self.named, &error)),
        }
    }
}

impl MapFiles {
    pub(super) fn new(files: Vec<MapFile>) -> Self {
        MapFiles(files)
    }

    /// Returns whether a file has changed since it was last read.
    pub(super) fn have_changed(&self) -> bool {
        self.0.iter().any(|file| FileStamp::at(&file.path) != file.stamp)
    }

    /// Returns the pairs of all files. A file that has never existed has none.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or is missing although it was read before, or if a line
    /// is not a pair or contradicts another one.
    pub(super) fn read(&mut self) -> CommandResult<TranslationMap> {
        // Before they are read, so that a later change shows.
        self.0.iter_mut().for_each(|file| file.stamp = FileStamp::at(&file.path));
        let mut map = TranslationMap::default();
        self.0.iter_mut().try_for_each(|file| file.read(&mut map))?;
        Ok(map)
    }
}

/// Reads the pairs of a file that is open; messages name it as it was typed.
fn read_open(mut open: File, named: &Path, map: &mut TranslationMap) -> CommandResult<()> {
    let mut text = String::new();
    open.read_to_string(&mut text).map_err(|error| cannot("read", named, &error))?;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let place = format!("{}:{}", named.display(), at + 1);
        if !line.ends_with('\n') {
            return Err(CommandError::new(format!("{place}: the last line has no end"))
                .hint("a run that was killed may have left it: complete the line or delete it"));
        }
        if line.trim().is_empty() {
            continue;
        }
        let pair: PairLine = serde_json::from_str(line).map_err(|error| {
            CommandError::new(format!("{place}: not a pair of identifiers"))
                .because(&error)
                .hint(r#"a line of a map has the form {"from":"OLD","to":"NEW"}"#)
        })?;
        map.add(&pair.from, &pair.to).map_err(|error| {
            CommandError::new(format!("{place}: {error}"))
                .hint("an identifier can be in one pair only: delete the line that is wrong")
        })?;
    }
    Ok(())
}

/// Appends the pairs that a map in a file lacks, with one write, while no other run can.
///
/// # Errors
/// Returns an error if the file cannot be read or written, or a pair contradicts one of the file.
pub(super) fn append(file: &MapFile, pairs: &[(String, String)]) -> CommandResult<usize> {
    let named = &file.named;
    let failed = |error: std::io::Error| cannot("write", named, &error);
    let mut options = OpenOptions::new();
    let mut open = options.read(true).append(true).create(true).open(&file.path).map_err(failed)?;
    open.lock().map_err(failed)?;
    let mut map = TranslationMap::default();
    read_open(open.try_clone().map_err(failed)?, named, &mut map)?;
    let (mut lines, before) = (String::new(), map.len());
    for (from, to) in pairs {
        let count = map.len();
        map.add(from, to).map_err(|error| {
            CommandError::new(format!("cannot add to '{}': {error}", named.display())).hint(
                "two identifiers become the same; give one of them its own value: --set PART=VALUE",
            )
        })?;
        if map.len() > count {
            let pair = PairLine { from: from.clone(), to: to.clone() };
            lines.push_str(&serde_json::to_string(&pair).unwrap_or_default());
            lines.push('\n');
        }
    }
    open.write_all(lines.as_bytes()).and_then(|()| open.sync_all()).map_err(failed)?;
    Ok(map.len() - before)
}

fn cannot(what: &str, named: &Path, error: &dyn std::fmt::Display) -> CommandError {
    CommandError::new(format!("cannot {what} the map '{}'", named.display()))
        .because(&error)
        .hint("name a file in JSON Lines: --map FILE.jsonl")
}
