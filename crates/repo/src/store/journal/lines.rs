//! The JSON header of a journal file.

use idhooks_core::registry::{BlobId, Entry, Mode, RepoPath, hex};
use serde::{Deserialize, Serialize};

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

/// A [`WrittenStep`]. Paths are in hexadecimal digits, since they need not be UTF-8.
#[derive(Serialize, Deserialize)]
pub(super) struct FileLine {
    from: String,
    to: String,
    before: Option<Hash>,
    after: Hash,
    kept: Option<[usize; 2]>,
}

impl FileLine {
    pub(super) fn from_step(step: &WrittenStep) -> Self {
        FileLine {
            from: hex::encode(step.from.as_bytes()),
            to: hex::encode(step.to.as_bytes()),
            before: step.before.clone(),
            after: step.after.clone(),
            kept: step.old_content,
        }
    }

    pub(super) fn into_step(self) -> Option<WrittenStep> {
        let (from, to) = (path(&self.from)?, path(&self.to)?);
        let (before, after, old_content) = (self.before, self.after, self.kept);
        Some(WrittenStep { from, to, before, after, old_content })
    }
}

/// An [`IndexStep`]: per side, whether the file is executable, and its blob.
#[derive(Serialize, Deserialize)]
pub(super) struct IndexLine {
    path: String,
    before: Option<(bool, String)>,
    after: Option<(bool, String)>,
}

impl IndexLine {
    pub(super) fn from_step(step: &IndexStep) -> Self {
        let entry = |entry: Entry| (entry.mode == Mode::Executable, entry.blob.to_string());
        IndexLine {
            path: hex::encode(step.path.as_bytes()),
            before: step.before.map(entry),
            after: step.after.map(entry),
        }
    }

    pub(super) fn into_step(self) -> Option<IndexStep> {
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
