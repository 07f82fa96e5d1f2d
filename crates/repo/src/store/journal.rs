//! Makes changes to many files, either all of them or none, even if the process dies.
//!
//! Before the first file is changed, the plan is written to disk: each file's old and new name, the
//! hashes of its old and new content, and the old content if it changes. From the journal and the
//! files, the next process can tell how far the run got, and roll it back. Files that have been
//! edited in the meantime are never overwritten.

use std::{collections::BTreeSet, fs, io, path::Path};

use idhooks_core::config::is_own;
use idhooks_core::registry::{BlobId, Entry, Mode, RepoPath};
use serde::{Deserialize, Serialize};

use super::content_hash::{Hash, hash_at, hash_of};
use super::replace::{Access, Replacement};
use super::state_dir::{StateDir, StateFile};
use super::{disk, error::StoreError, failpoint::pause, file_change::FileChange, scratch::Scratch};

mod lines;
mod moved;

pub use moved::Moved;
use moved::{check_links, rename};

const UNFINISHED: &str = "journal";
const DONE: &str = "journal.done";
/// The version of the file format. Other versions are rejected.
const VERSION: u32 = 1;

/// A change to a file's name or content, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStep {
    /// Its path.
    pub from: RepoPath,
    /// The file's path after the change. The directory must exist.
    pub to: RepoPath,
    /// The file's content before and after the change, if the content changes. The first is `None`
    /// if the file is new, and the second is `None` if the file is removed.
    pub rewrite: Option<[Option<Vec<u8>>; 2]>,
}

impl FileStep {
    /// Returns a change to a file's content.
    pub fn rewrite(path: RepoPath, before: Option<Vec<u8>>, after: Option<Vec<u8>>) -> Self {
        FileStep { from: path.clone(), to: path, rewrite: Some([before, after]) }
    }

    /// Returns the changes to files below `top` that make up this step.
    pub fn changes(self, top: &Path) -> impl Iterator<Item = FileChange> {
        let [from, to] = [&self.from, &self.to].map(|path| top.join(path.to_os_path()));
        // idhooks' own files are not executable in the index, either.
        let access = if is_own(&self.from) { Access::Data } else { Access::Keep };
        let rename = (from != to).then(|| FileChange::Move { from: from.clone(), to });
        let rewrite = self.rewrite.into_iter().flat_map(move |[before, after]| {
            let path = from.clone();
            let change = match after {
                Some(bytes) => FileChange::Write { path, bytes, access },
                None => FileChange::Remove { path },
            };
            [FileChange::Expect { path: from.clone(), bytes: before }, change]
        });
        rewrite.chain(rename)
    }
}

/// A change to one entry in the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexStep {
    /// Its path.
    #[serde(with = "lines::path")]
    pub path: RepoPath,
    /// The entry before the change.
    #[serde(with = "lines::entry")]
    pub before: Option<Entry>,
    /// The entry after the change.
    #[serde(with = "lines::entry")]
    pub after: Option<Entry>,
}

impl IndexStep {
    /// Returns the change to the entry at a path.
    pub fn new(path: RepoPath, before: Option<Entry>, after: Option<Entry>) -> Self {
        IndexStep { path, before, after }
    }

    /// Returns the path and blob if this step adds a regular file.
    pub fn new_file(&self) -> Option<(&str, BlobId)> {
        let entry =
            self.after.filter(|after| after.mode == Mode::Regular && self.before.is_none())?;
        Some((std::str::from_utf8(self.path.as_bytes()).ok()?, entry.blob))
    }
}

/// The record of a run and the changes that it makes or has made.
#[derive(Debug)]
pub struct Journal {
    state: StateDir,
    header: JournalHeader,
    old_contents: Vec<u8>,
}

/// The first line of the journal file. The files' old contents follow it.
#[derive(Debug, Serialize, Deserialize)]
struct JournalHeader {
    version: u32,
    what: String,
    files: Vec<WrittenStep>,
    index: Vec<IndexStep>,
    /// The file or directory that git moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    moved: Option<Moved>,
}

/// How far a change to a file has progressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StepProgress {
    /// Nothing has happened yet.
    Before,
    /// The file has its new content, but still its old name.
    Written,
    /// The change is complete.
    After,
    /// Another program has changed the file since the run began.
    ChangedSince,
}

/// A step in the form that the journal stores.
#[derive(Debug, Serialize, Deserialize)]
struct WrittenStep {
    #[serde(with = "lines::path")]
    from: RepoPath,
    #[serde(with = "lines::path")]
    to: RepoPath,
    before: Option<Hash>,
    after: Option<Hash>,
    /// If the content changes, where the old content is within the stored contents.
    #[serde(rename = "kept")]
    old_content: Option<[usize; 2]>,
}

/// Whether a journal's run is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalKind {
    /// The run was started but did not finish.
    Unfinished,
    /// The last run that finished.
    Done,
}

impl JournalKind {
    fn file(self, state: &StateDir) -> StateFile {
        state.file(match self {
            JournalKind::Unfinished => UNFINISHED,
            JournalKind::Done => DONE,
        })
    }
}

impl Journal {
    /// Reads the journal for the working tree that `state` belongs to, if there is one.
    ///
    /// # Errors
    /// Returns an error if the journal cannot be read.
    pub fn read(state: &StateDir, kind: JournalKind) -> Result<Option<Self>, StoreError> {
        let file = kind.file(state);
        let Some(bytes) = file.read()? else { return Ok(None) };
        let broken = || StoreError::new("parse", file.path(), io::ErrorKind::InvalidData.into());
        let end = memchr::memchr(b'\n', &bytes).ok_or_else(broken)?;
        let header: JournalHeader = serde_json::from_slice(&bytes[..end]).map_err(|_| broken())?;
        let old_contents = bytes[end + 1..].to_vec();
        let is_missing = |[start, end]: [usize; 2]| old_contents.get(start..end).is_none();
        // If some of the old contents are missing, a rollback would lose files.
        if header.version != VERSION
            || header.files.iter().filter_map(|step| step.old_content).any(is_missing)
        {
            return Err(broken());
        }
        Ok(Some(Journal { state: state.clone(), header, old_contents }))
    }

    /// Writes the journal for a run to disk. The run changes index entries and files below `top`,
    /// and may have git move a file or directory. `what` describes the run.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or is reached through a symlink, or if the journal
    /// cannot be written.
    pub fn begin(
        state: &StateDir,
        scratch: &Scratch,
        top: &Path,
        what: &str,
        files: &[FileStep],
        index: Vec<IndexStep>,
        moved: Option<Moved>,
    ) -> Result<Self, StoreError> {
        // Check for symlinks first, so that no journal is left behind if the run is refused.
        for step in files {
            check_links(scratch, top, &step.from, &step.to)?;
        }
        let mut old_contents = Vec::new();
        let mut recorded = Vec::new();
        for FileStep { from, to, rewrite } in files {
            let (before, after, old_content) = match rewrite {
                Some([before, after]) => {
                    let start = old_contents.len();
                    old_contents.extend_from_slice(before.as_deref().unwrap_or_default());
                    let range = before.as_ref().map(|_| [start, old_contents.len()]);
                    (before.as_deref().map(hash_of), after.as_deref().map(hash_of), range)
                }
                None => {
                    let path = top.join(from.to_os_path());
                    let hash =
                        hash_at(&path).and_then(|hash| hash.ok_or(io::ErrorKind::NotFound.into()));
                    let hash = hash.map_err(|error| StoreError::new("read", &path, error))?;
                    (Some(hash.clone()), Some(hash), None)
                }
            };
            recorded.push(WrittenStep {
                from: from.clone(),
                to: to.clone(),
                before,
                after,
                old_content,
            });
        }
        let (version, what) = (VERSION, what.to_owned());
        let header = JournalHeader { version, what, files: recorded, index, moved };
        let journal = Journal { state: state.clone(), header, old_contents };
        let bytes = journal.bytes()?;
        // The journal must be on disk before the first change. Otherwise, a power failure could
        // leave an unexplained change behind.
        journal.file(JournalKind::Unfinished).replace_synced(&bytes)?;
        pause("a journal is written");
        Ok(journal)
    }

    fn file(&self, kind: JournalKind) -> StateFile {
        kind.file(&self.state)
    }

    fn bytes(&self) -> Result<Vec<u8>, StoreError> {
        let failed = |error: serde_json::Error| {
            StoreError::new("write", self.file(JournalKind::Unfinished).path(), error.into())
        };
        let mut bytes = serde_json::to_vec(&self.header).map_err(failed)?;
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.old_contents);
        Ok(bytes)
    }

    /// Returns the run's description.
    pub fn what(&self) -> &str {
        &self.header.what
    }

    /// Returns the number of files that the run changes.
    pub fn len(&self) -> usize {
        self.header.files.len()
    }

    /// Returns whether the run changes no files.
    pub fn is_empty(&self) -> bool {
        self.header.files.is_empty()
    }

    /// Returns the changes to the index.
    pub fn index(&self) -> &[IndexStep] {
        &self.header.index
    }

    /// Returns the old and new paths of each renamed file.
    pub fn moves(&self) -> impl Iterator<Item = (&RepoPath, &RepoPath)> {
        let moved = self.header.files.iter().filter(|file| file.from != file.to);
        moved.map(|file| (&file.from, &file.to))
    }

    /// Returns the move that git makes as part of the run.
    pub fn moved(&self) -> Option<&Moved> {
        self.header.moved.as_ref()
    }

    /// Returns whether every change to the files below `top` is complete.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn is_applied(&self, top: &Path) -> Result<bool, StoreError> {
        for file in &self.header.files {
            if file.progress(top)? != StepProgress::After {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the paths of the files that another program has changed since the run began.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn changed_since(&self, top: &Path) -> Result<Vec<RepoPath>, StoreError> {
        let mut changed = Vec::new();
        for file in &self.header.files {
            if file.progress(top)? == StepProgress::ChangedSince {
                changed.push(if file.is_at_new_name(top) { &file.to } else { &file.from }.clone());
            }
        }
        Ok(changed)
    }

    /// Restores the files below `top`, in reverse order. Files changed by another program are left
    /// as they are.
    ///
    /// # Errors
    /// Returns an error if a file cannot be changed. Calling this again continues where it stopped.
    pub fn roll_back(&self, top: &Path, scratch: &Scratch) -> Result<(), StoreError> {
        for file in &self.header.files {
            check_links(scratch, top, &file.from, &file.to)?;
        }
        // git's move came last, so undo it first.
        self.moved().map_or(Ok(()), |moved| moved.go_back(top, scratch))?;
        let mut dirs = BTreeSet::new();
        for file in self.header.files.iter().rev() {
            let progress = file.progress(top)?;
            let (from, to) = (top.join(file.from.to_os_path()), top.join(file.to.to_os_path()));
            dirs.extend([&from, &to].map(|path| path.parent().unwrap_or(top).to_owned()));
            // Undo the changes in reverse order, first the name and then the content.
            if progress == StepProgress::After && file.from != file.to {
                rename(&to, &from)?;
            }
            if matches!(progress, StepProgress::Written | StepProgress::After)
                && file.before != file.after
            {
                match file.old_content {
                    Some([start, end]) => {
                        Replacement::prepare(scratch, &from, &self.old_contents[start..end])?
                            .commit()?;
                    }
                    None => disk::remove(&from)
                        .map_err(|error| StoreError::new("remove", &from, error))?,
                }
            }
        }
        let synced = scratch.level.dirs(&dirs);
        synced.map_err(|cause| StoreError::new("sync", top, cause))
    }

    /// Marks the run as complete. It becomes the last finished run, except if git has moved files,
    /// because git can also move them back.
    ///
    /// # Errors
    /// Returns an error if the journal cannot be renamed or removed.
    pub fn finish(self) -> Result<(), StoreError> {
        if self.moved().is_some() {
            return self.forget(JournalKind::Unfinished);
        }
        let [from, to] = [JournalKind::Unfinished, JournalKind::Done].map(|kind| self.file(kind));
        from.rename_synced(&to)
    }

    /// Removes the journal.
    ///
    /// # Errors
    /// Returns an error if the journal cannot be removed.
    pub fn forget(self, kind: JournalKind) -> Result<(), StoreError> {
        self.file(kind).remove_synced()
    }
}

impl WrittenStep {
    fn is_at_new_name(&self, top: &Path) -> bool {
        let exists = |path: &RepoPath| fs::symlink_metadata(top.join(path.to_os_path())).is_ok();
        self.from != self.to && exists(&self.to) && !exists(&self.from)
    }

    fn progress(&self, top: &Path) -> Result<StepProgress, StoreError> {
        let hash = |path: &RepoPath| {
            let path = top.join(path.to_os_path());
            hash_at(&path).map_err(|error| StoreError::new("read", &path, error))
        };
        let old = hash(&self.from)?;
        if self.from == self.to {
            return Ok(match old {
                old if old == self.after => StepProgress::After,
                old if old == self.before => StepProgress::Before,
                _ => StepProgress::ChangedSince,
            });
        }
        let new = hash(&self.to)?;
        Ok(match (old, new) {
            (old, None) if old == self.before => StepProgress::Before,
            // A file's content changes before its name does, so every state between two system
            // calls can be recognized.
            (old, None) if old == self.after => StepProgress::Written,
            (None, new) if new == self.after => StepProgress::After,
            _ => StepProgress::ChangedSince,
        })
    }
}

#[cfg(test)]
mod tests;
