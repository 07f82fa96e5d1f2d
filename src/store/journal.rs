//! Changes of many files that happen all or not at all, also when the process dies half-way.
//!
//! Before the first file is touched, what is going to happen is on the disk: each file's old and
//! new name, the hashes of its old and new content, and the old content where it changes. Whoever
//! comes next can tell from the files alone how far it went, and goes back; what somebody has
//! edited meanwhile is never overwritten.

use std::fs;
use std::io;
use std::path::Path;

use crate::registry::{Entry, RepoPath};

use super::failpoint::pause;
use super::replace::{Replacement, StoreError};
use super::scratch::Scratch;
use super::state::{StateDir, StateFile};

mod content;
mod lines;

use content::{Hash, hash_of, hash_of_file};
use lines::{FileLine, IndexLine, JournalHeader};

const UNFINISHED: &str = "journal";
const DONE: &str = "journal.done";
/// The form of the file; another one is not read.
const VERSION: u32 = 1;

/// One file that changes: its name, its content, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStep {
    /// Its path.
    pub from: RepoPath,
    /// Its path afterwards, in a directory that is there.
    pub to: RepoPath,
    /// What it holds before and afterwards, where that changes; before nothing where there is no
    /// file.
    pub rewrite: Option<(Option<Vec<u8>>, Vec<u8>)>,
}

/// One entry of the index that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexStep {
    /// Its path.
    pub path: RepoPath,
    /// What it is before.
    pub before: Option<Entry>,
    /// What it is afterwards.
    pub after: Option<Entry>,
}

/// What is going to happen, written down, or what has happened.
#[derive(Debug)]
pub struct Journal {
    state: StateDir,
    what: String,
    files: Vec<WrittenStep>,
    index: Vec<IndexStep>,
    kept: Vec<u8>,
}

/// How far a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StepProgress {
    /// As it was.
    Before,
    /// It has its new content and its old name.
    Written,
    /// As it is to be.
    After,
    /// Somebody else has changed it since.
    Foreign,
}

/// A step as it is written down.
#[derive(Debug)]
struct WrittenStep {
    from: RepoPath,
    to: RepoPath,
    before: Option<Hash>,
    after: Hash,
    /// Where the old content stands among what is kept, if it changes.
    kept: Option<[usize; 2]>,
}

/// Which of the two a journal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalKind {
    /// It was begun, and did not come to its end.
    Unfinished,
    /// It came to its end; the last one that did.
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
    /// Reads the journal of the working tree that `state` belongs to, if there is one.
    ///
    /// # Errors
    /// A journal that cannot be read.
    pub fn read(state: &StateDir, stage: JournalKind) -> Result<Option<Self>, StoreError> {
        let file = stage.file(state);
        let Some(bytes) = file.read()? else { return Ok(None) };
        let broken =
            || StoreError::new("understand", file.path(), io::ErrorKind::InvalidData.into());
        let end = memchr::memchr(b'\n', &bytes).ok_or_else(broken)?;
        let head: JournalHeader = serde_json::from_slice(&bytes[..end]).map_err(|_| broken())?;
        if head.version != VERSION {
            return Err(broken());
        }
        let kept = bytes[end + 1..].to_vec();
        let files: Option<Vec<WrittenStep>> = head.files.into_iter().map(FileLine::known).collect();
        let index: Option<Vec<IndexStep>> = head.index.into_iter().map(IndexLine::step).collect();
        let (files, index) = (files.ok_or_else(broken)?, index.ok_or_else(broken)?);
        if files.iter().filter_map(|known| known.kept).any(|[at, end]| kept.get(at..end).is_none())
        {
            return Err(broken());
        }
        Ok(Some(Journal { state: state.clone(), what: head.what, files, index, kept }))
    }

    /// Writes down what is going to happen to the files below `top` and to the index, and what it
    /// is for; afterwards that is on the disk.
    ///
    /// # Errors
    /// A file that cannot be read or is behind a link, or a journal that cannot be written.
    pub fn begin(
        state: &StateDir,
        scratch: &Scratch,
        top: &Path,
        what: &str,
        files: &[FileStep],
        index: Vec<IndexStep>,
    ) -> Result<Self, StoreError> {
        for step in files {
            check_places(scratch, top, &step.from, &step.to)?;
        }
        let mut kept = Vec::new();
        let mut known = Vec::new();
        for FileStep { from, to, rewrite } in files {
            let (before, after, place) = match rewrite {
                Some((before, after)) => {
                    let at = kept.len();
                    kept.extend_from_slice(before.as_deref().unwrap_or_default());
                    let place = before.as_ref().map(|_| [at, kept.len()]);
                    (before.as_deref().map(hash_of), hash_of(after), place)
                }
                None => {
                    let path = top.join(from.to_os_path());
                    let hash = hash_of_file(&path)
                        .and_then(|hash| hash.ok_or(io::ErrorKind::NotFound.into()));
                    let hash = hash.map_err(|error| StoreError::new("read", &path, error))?;
                    (Some(hash.clone()), hash, None)
                }
            };
            known.push(WrittenStep {
                from: from.clone(),
                to: to.clone(),
                before,
                after,
                kept: place,
            });
        }
        let (state, what) = (state.clone(), what.to_owned());
        let journal = Journal { state, what, files: known, index, kept };
        let bytes = journal.bytes()?;
        journal.file(JournalKind::Unfinished).replace_synced(&bytes)?;
        pause("a journal is written");
        Ok(journal)
    }

    fn file(&self, stage: JournalKind) -> StateFile {
        stage.file(&self.state)
    }

    fn bytes(&self) -> Result<Vec<u8>, StoreError> {
        let head = JournalHeader {
            version: VERSION,
            what: self.what.clone(),
            files: self.files.iter().map(FileLine::of).collect(),
            index: self.index.iter().map(IndexLine::of).collect(),
        };
        let failed = |error: serde_json::Error| {
            StoreError::new("write", self.file(JournalKind::Unfinished).path(), error.into())
        };
        let mut bytes = serde_json::to_vec(&head).map_err(failed)?;
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.kept);
        Ok(bytes)
    }

    /// Returns what it is for.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Returns how many files it changes.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Returns whether it changes no file.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Returns what happens to the index.
    pub fn index(&self) -> &[IndexStep] {
        &self.index
    }

    /// Returns where a file goes, old path and new.
    pub fn moves(&self) -> impl Iterator<Item = (&RepoPath, &RepoPath)> {
        self.files.iter().filter(|file| file.from != file.to).map(|file| (&file.from, &file.to))
    }

    /// Changes the files below `top`, given the steps that were written down.
    ///
    /// # Errors
    /// A file that cannot be changed, or is not what it was; nobody has gone back yet.
    pub fn carry_out(
        &self,
        top: &Path,
        scratch: &Scratch,
        steps: &[FileStep],
    ) -> Result<(), StoreError> {
        let mut prepared = Vec::new();
        for FileStep { from, rewrite, .. } in steps {
            // A full disk shows before the first file is touched.
            let new = rewrite.as_ref().map(|(_, after)| {
                Replacement::prepare(scratch, &top.join(from.to_os_path()), after)
            });
            prepared.push(new.transpose()?);
        }
        for ((step, known), new) in steps.iter().zip(&self.files).zip(prepared) {
            let from = top.join(step.from.to_os_path());
            if let Some(new) = new {
                let present =
                    hash_of_file(&from).map_err(|error| StoreError::new("read", &from, error))?;
                if present != known.before {
                    return Err(StoreError::new("replace", &from, edited()));
                }
                new.commit()?;
            }
            if step.from != step.to {
                rename(&from, &top.join(step.to.to_os_path()))?;
            }
        }
        Ok(())
    }

    /// Returns whether every file below `top` is as it is to be.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn is_carried_out(&self, top: &Path) -> Result<bool, StoreError> {
        for file in &self.files {
            if file.standing(top)? != StepProgress::After {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the files that somebody else has changed since, by their old paths.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn foreign(&self, top: &Path) -> Result<Vec<RepoPath>, StoreError> {
        let mut foreign = Vec::new();
        for file in &self.files {
            if file.standing(top)? == StepProgress::Foreign {
                foreign.push(if file.is_at_new_name(top) { &file.to } else { &file.from }.clone());
            }
        }
        Ok(foreign)
    }

    /// Makes the files below `top` what they were, the last first; what somebody else has changed
    /// stays.
    ///
    /// # Errors
    /// A file that cannot be changed; doing it again goes on from there.
    pub fn roll_back(&self, top: &Path, scratch: &Scratch) -> Result<(), StoreError> {
        for file in &self.files {
            check_places(scratch, top, &file.from, &file.to)?;
        }
        for file in self.files.iter().rev() {
            let standing = file.standing(top)?;
            let (from, to) = (top.join(file.from.to_os_path()), top.join(file.to.to_os_path()));
            if standing == StepProgress::After && file.from != file.to {
                rename(&to, &from)?;
            }
            if matches!(standing, StepProgress::Written | StepProgress::After)
                && file.before.as_ref() != Some(&file.after)
            {
                match file.kept {
                    Some([at, end]) => {
                        Replacement::prepare(scratch, &from, &self.kept[at..end])?.commit()?;
                    }
                    None => fs::remove_file(&from)
                        .map_err(|error| StoreError::new("remove", &from, error))?,
                }
            }
        }
        Ok(())
    }

    /// Notes that everything is done; from now on it is the last run that was.
    ///
    /// # Errors
    /// A journal that cannot be renamed.
    pub fn finish(self) -> Result<(), StoreError> {
        let [from, to] = [JournalKind::Unfinished, JournalKind::Done].map(|stage| self.file(stage));
        fs::rename(from.path(), to.path())
            .map_err(|error| StoreError::new("move", from.path(), error))
    }

    /// Forgets it.
    ///
    /// # Errors
    /// A journal that cannot be removed.
    pub fn forget(self, stage: JournalKind) -> Result<(), StoreError> {
        self.file(stage).remove()
    }
}

impl WrittenStep {
    fn is_at_new_name(&self, top: &Path) -> bool {
        let exists = |path: &RepoPath| fs::symlink_metadata(top.join(path.to_os_path())).is_ok();
        self.from != self.to && exists(&self.to) && !exists(&self.from)
    }

    fn standing(&self, top: &Path) -> Result<StepProgress, StoreError> {
        let hash = |path: &RepoPath| {
            let path = top.join(path.to_os_path());
            hash_of_file(&path).map_err(|error| StoreError::new("read", &path, error))
        };
        let old = hash(&self.from)?;
        if self.from == self.to {
            return Ok(match old {
                old if old.as_ref() == Some(&self.after) => StepProgress::After,
                old if old == self.before => StepProgress::Before,
                _ => StepProgress::Foreign,
            });
        }
        let new = hash(&self.to)?;
        Ok(match (old, new) {
            (old, None) if old == self.before => StepProgress::Before,
            (Some(old), None) if old == self.after => StepProgress::Written,
            (None, Some(new)) if new == self.after => StepProgress::After,
            _ => StepProgress::Foreign,
        })
    }
}

/// Asserts that a file is not, and does not get, behind a link.
fn check_places(
    scratch: &Scratch,
    top: &Path,
    from: &RepoPath,
    to: &RepoPath,
) -> Result<(), StoreError> {
    [from, to].into_iter().try_for_each(|path| scratch.guard.check(&top.join(path.to_os_path())))
}

fn edited() -> io::Error {
    io::Error::other("somebody has changed it meanwhile")
}

/// Gives a file another name, at which nothing must be.
fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(StoreError::new("move something to", to, io::ErrorKind::AlreadyExists.into()));
    }
    fs::rename(from, to).map_err(|error| StoreError::new("move", from, error))?;
    pause("a file is moved");
    Ok(())
}

#[cfg(test)]
mod tests;
