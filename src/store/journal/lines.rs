//! A journal as it is written down.

use serde::{Deserialize, Serialize};

use crate::registry::{BlobId, Entry, Mode, RepoPath, hex};

use super::content::Hash;
use super::{IndexStep, WrittenStep};

/// The first line of the file.
#[derive(Serialize, Deserialize)]
pub(super) struct JournalHeader {
    pub(super) version: u32,
    pub(super) what: String,
    pub(super) files: Vec<FileLine>,
    pub(super) index: Vec<IndexLine>,
}

/// A path is in hexadecimal digits, for it need not be UTF-8.
#[derive(Serialize, Deserialize)]
pub(super) struct FileLine {
    from: String,
    to: String,
    before: Option<Hash>,
    after: Hash,
    kept: Option<[usize; 2]>,
}

impl FileLine {
    pub(super) fn of(known: &WrittenStep) -> Self {
        FileLine {
            from: hex::encode(known.from.as_bytes()),
            to: hex::encode(known.to.as_bytes()),
            before: known.before.clone(),
            after: known.after.clone(),
            kept: known.kept,
        }
    }

    pub(super) fn known(self) -> Option<WrittenStep> {
        let (from, to) = (path(&self.from)?, path(&self.to)?);
        Some(WrittenStep { from, to, before: self.before, after: self.after, kept: self.kept })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct IndexLine {
    path: String,
    before: Option<(bool, String)>,
    after: Option<(bool, String)>,
}

impl IndexLine {
    pub(super) fn of(step: &IndexStep) -> Self {
        let entry = |entry: Entry| (entry.mode == Mode::Executable, entry.blob.to_string());
        IndexLine {
            path: hex::encode(step.path.as_bytes()),
            before: step.before.map(entry),
            after: step.after.map(entry),
        }
    }

    pub(super) fn step(self) -> Option<IndexStep> {
        let entry = |(is_executable, blob): (bool, String)| {
            let mode = if is_executable { Mode::Executable } else { Mode::Regular };
            blob.parse::<BlobId>().ok().map(|blob| Entry { mode, blob })
        };
        let [before, after] = [self.before, self.after].map(|side| side.map(entry));
        if before == Some(None) || after == Some(None) {
            return None;
        }
        Some(IndexStep {
            path: path(&self.path)?,
            before: before.flatten(),
            after: after.flatten(),
        })
    }
}

fn path(text: &str) -> Option<RepoPath> {
    RepoPath::new(hex::decode(text)?).ok()
}
