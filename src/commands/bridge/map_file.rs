//! Maps of old and new identifiers: files in JSON Lines, one pair on a line.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use idhooks_identifiers::bridge::TranslationMap;
use serde::{Deserialize, Serialize};

use crate::error::{CommandError, CommandResult};

/// A line of a map.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PairLine {
    from: String,
    to: String,
}

/// Adds the pairs of a file to a map. A file that does not exist has none.
///
/// # Errors
/// Returns an error if the file cannot be read, or a line is not a pair or contradicts another one.
pub(super) fn read(file: &Path, map: &mut TranslationMap) -> CommandResult<()> {
    match File::open(file) {
        Ok(open) => read_open(open, file, map),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(cannot("read", file, &error)),
    }
}

fn read_open(mut open: File, file: &Path, map: &mut TranslationMap) -> CommandResult<()> {
    let mut text = String::new();
    open.read_to_string(&mut text).map_err(|error| cannot("read", file, &error))?;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let place = format!("{}:{}", file.display(), at + 1);
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
pub(super) fn append(file: &Path, pairs: &[(String, String)]) -> CommandResult<usize> {
    let failed = |error: std::io::Error| cannot("write", file, &error);
    let mut open =
        OpenOptions::new().read(true).append(true).create(true).open(file).map_err(failed)?;
    open.lock().map_err(failed)?;
    let mut map = TranslationMap::default();
    read_open(open.try_clone().map_err(failed)?, file, &mut map)?;
    let (mut lines, before) = (String::new(), map.len());
    for (from, to) in pairs {
        let count = map.len();
        map.add(from, to).map_err(|error| {
            CommandError::new(format!("cannot add to '{}': {error}", file.display())).hint(
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

fn cannot(what: &str, file: &Path, error: &dyn std::fmt::Display) -> CommandError {
    CommandError::new(format!("cannot {what} the map '{}'", file.display()))
        .because(&error)
        .hint("name a file in JSON Lines: --map FILE.jsonl")
}
