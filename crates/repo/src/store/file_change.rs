//! Changes several files: either all of them or none.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::{fs, io};

pub use super::disk::missing_dirs;
use super::disk::{self, SyncLevel};
use super::replace::{Access, Replacement, read_file};
use super::scratch::{Scratch, can_look_up_processes, move_into_place};
use super::{
    error::StoreError, failpoint::pause, file_stamp::FileStamp, symlink_guard::SymlinkGuard,
};

/// A single change to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileChange {
    /// Changes nothing, but aborts the run if the file does not have this content. `None` means
    /// that the file must not exist.
    Expect {
        /// The file.
        path: PathBuf,
        /// The content that the file must have.
        bytes: Option<Vec<u8>>,
    },
    /// Writes this content to the file, creating its directory if necessary.
    Write {
        /// The file.
        path: PathBuf,
        /// Its complete content.
        bytes: Vec<u8>,
        /// Its permissions.
        access: Access,
    },
    /// Renames the file, symlink or directory. The new name must not be in use.
    Move {
        /// Its current name.
        from: PathBuf,
        /// Its new name.
        to: PathBuf,
    },
    /// Removes the file.
    Remove {
        /// The file.
        path: PathBuf,
    },
}

impl FileChange {
    /// Returns a change that writes this content and keeps the file's permissions.
    pub fn write(path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        FileChange::Write { path: path.into(), bytes: bytes.into(), access: Access::Keep }
    }

    /// Returns an error if anything to be changed would be reached through a symlink.
    fn check(&self, guard: &SymlinkGuard) -> Result<(), StoreError> {
        match self {
            FileChange::Write { path, .. } | FileChange::Expect { path, .. } => guard.check(path),
            // The path itself may be a symlink, which is renamed or removed.
            FileChange::Move { from, to } => guard.check_parent(from).and(guard.check_parent(to)),
            FileChange::Remove { path } => guard.check_parent(path),
        }
    }
}

/// Applies the changes in order.
///
/// All new content is written to `scratch` before the first file is changed, so that a full disk is
/// noticed early.
///
/// # Errors
/// Returns an error if a change fails or would go through a symlink; every file is then restored.
pub fn apply(scratch: &Scratch, changes: &[FileChange]) -> Result<(), StoreError> {
    apply_and(scratch, None, changes, || Ok(()))
}

/// Like [`apply`], but first puts the files in `first` in place. They have already been written,
/// and each comes with the stamp of the file it replaces, if that file must be unchanged. After the
/// last change, `last` is called.
///
/// # Errors
/// Returns an error if a change or `last` fails; every file is then restored.
pub fn apply_and<E: From<StoreError>>(
    scratch: &Scratch,
    first: impl IntoIterator<Item = (Replacement, Option<FileStamp>)>,
    changes: &[FileChange],
    last: impl FnOnce() -> Result<(), E>,
) -> Result<(), E> {
    let mut undo = Undo { steps: Vec::new(), level: scratch.level };
    let mut first = first.into_iter();
    let placed = first.try_for_each(|(new, replaced)| undo.place(scratch, new, replaced));
    let done = placed.and_then(|()| try_apply(scratch, changes, &mut undo));
    // Sync the files first, because the last step may rely on their new state.
    let done = done.and_then(|()| undo.sync(&undo.dirs()));
    undo.finish(done.map_err(E::from).and_then(|()| last()))
}

fn try_apply(scratch: &Scratch, changes: &[FileChange], undo: &mut Undo) -> Result<(), StoreError> {
    // Check everything before the first change, so that nothing has to be rolled back if a change
    // is refused.
    changes.iter().try_for_each(|change| change.check(&scratch.guard))?;
    let mut prepared = VecDeque::new();
    for change in changes {
        if let FileChange::Write { path, bytes, access } = change {
            create_dirs(path.parent().unwrap_or(Path::new(".")), undo)?;
            let write = |out: &mut dyn io::Write| out.write_all(bytes);
            prepared.push_back(Replacement::prepare_by(scratch, path, *access, write)?);
        }
    }
    let mut expected = None;
    for change in changes {
        match change {
            FileChange::Expect { path, bytes } => {
                // Take the stamp first, so that a later edit is noticed when the file is replaced.
                let stamp = FileStamp::at(path);
                if read_file(path)? != *bytes {
                    return Err(StoreError::Changed(path.clone()));
                }
                expected = stamp.map(|stamp| (path, stamp));
            }
            FileChange::Write { path, .. } => {
                let replaced = expected.take().filter(|(seen, _)| *seen == path);
                let replaced = replaced.map(|(_, stamp)| stamp);
                prepared.pop_front().map_or(Ok(()), |new| undo.place(scratch, new, replaced))?;
            }
            FileChange::Move { from, to } => {
                // Without this check, the rename would silently replace an existing file.
                if fs::symlink_metadata(to).is_ok() {
                    return Err(StoreError::new("move", from, io::ErrorKind::AlreadyExists.into()));
                }
                rename(from, to)?;
                undo.steps.push(ChangeStep::Moved { from: from.clone(), to: to.clone() });
                pause("a file is moved");
            }
            FileChange::Remove { path } => {
                let aside = aside(path);
                // Move the file aside instead of removing it, because a later step may fail.
                rename(path, &aside)?;
                undo.steps.push(ChangeStep::Aside { path: path.clone(), aside });
                pause("a file is put aside");
            }
        }
    }
    Ok(())
}

/// Removes `dir` and the directories above it, at most `levels` in total, if they are empty.
pub fn remove_empty_dirs(dir: &Path, levels: usize) {
    for dir in dir.ancestors().take(levels) {
        let _ = fs::remove_dir(dir);
    }
}

fn create_dirs(dir: &Path, undo: &mut Undo) -> Result<(), StoreError> {
    let levels = missing_dirs(dir);
    if levels > 0 {
        // Record this first, because some levels may already have been created when one fails.
        undo.steps.push(ChangeStep::CreatedDirs { dir: dir.to_owned(), levels });
        fs::create_dir_all(dir).map_err(|e| StoreError::new("create", dir, e))?;
        pause("directories are made");
    }
    Ok(())
}

/// Keeps a copy of a file's old content until everything is done, and returns the copy's path if
/// the file existed. The file itself stays in place, because a hook must never be missing.
fn keep_copy(scratch: &Scratch, path: &Path) -> Result<Option<PathBuf>, StoreError> {
    if fs::symlink_metadata(path).is_err() {
        return Ok(None);
    }
    let copy = scratch.name();
    // An earlier process with the same id may have left a file with this name.
    let _ = fs::remove_file(&copy);
    let linked = match can_look_up_processes() {
        true => fs::hard_link(path, &copy),
        // A hard link keeps the file's times, so the copy would look abandoned.
        false => Err(io::ErrorKind::Unsupported.into()),
    };
    // Not all file systems have hard links.
    let linked = linked.or_else(|_| fs::copy(path, &copy).map(|_| ()));
    if let Err(error) = linked {
        let _ = fs::remove_file(&copy);
        return Err(StoreError::new("keep a copy of", path, error));
    }
    pause("a copy is kept");
    Ok(Some(copy))
}

/// Returns a temporary name, in the same directory, for a file that is about to be removed.
fn aside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".idhooks-{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    disk::rename(from, to).map_err(|e| StoreError::new("move", from, e))
}

#[derive(Debug)]
enum ChangeStep {
    CreatedDirs { dir: PathBuf, levels: usize },
    Placed { path: PathBuf, stamp: FileStamp, copy: Option<PathBuf> },
    Aside { path: PathBuf, aside: PathBuf },
    Moved { from: PathBuf, to: PathBuf },
}

#[derive(Debug)]
struct Undo {
    steps: Vec<ChangeStep>,
    level: SyncLevel,
}

impl Undo {
    /// Puts new content in place. If `replaced` is given, the file being replaced must still have
    /// this stamp.
    fn place(
        &mut self,
        scratch: &Scratch,
        new: Replacement,
        replaced: Option<FileStamp>,
    ) -> Result<(), StoreError> {
        let path = new.target().to_owned();
        let copy = keep_copy(scratch, &path)?;
        // Making a copy may add a hard link, which changes only the inode's time.
        let placed = match replaced.is_none_or(|stamp| stamp.is_of_moved(&path)) {
            true => new.commit_stamped(),
            // Another program has written to the file while its replacement was being prepared.
            // What it wrote must not be lost.
            false => Err(StoreError::Changed(path.clone())),
        };
        match placed {
            Ok(stamp) => self.steps.push(ChangeStep::Placed { path, stamp, copy }),
            Err(error) => {
                // If the copy cannot be removed, its name still shows that it belongs to idhooks.
                let _ = copy.map(fs::remove_file);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Returns the directories in which names have changed.
    fn dirs(&self) -> BTreeSet<PathBuf> {
        let mut dirs = BTreeSet::new();
        for step in &self.steps {
            let (paths, levels) = match step {
                ChangeStep::CreatedDirs { dir, levels } => ([dir, dir], *levels),
                ChangeStep::Placed { path, .. } | ChangeStep::Aside { path, .. } => {
                    ([path, path], 1)
                }
                ChangeStep::Moved { from, to } => ([from, to], 1),
            };
            for path in paths {
                dirs.extend(path.ancestors().skip(1).take(levels).map(Path::to_owned));
            }
        }
        dirs
    }

    /// Syncs the entries of some directories.
    fn sync(&self, dirs: &BTreeSet<PathBuf>) -> Result<(), StoreError> {
        let first = dirs.first().cloned().unwrap_or_default();
        self.level.dirs(dirs).map_err(|cause| StoreError::new("sync", first, cause))
    }

    /// Rolls back if `done` is an error.
    fn finish<E>(self, done: Result<(), E>) -> Result<(), E> {
        let (level, dirs) = (self.level, self.dirs());
        let is_aside = |step: &ChangeStep| matches!(step, ChangeStep::Aside { .. });
        let has_removed = self.steps.iter().any(is_aside);
        match done {
            Ok(()) => self.discard_copies(),
            Err(_) => self.roll_back(),
        }
        if done.is_err() || has_removed {
            // After a success, the worst that a power failure can do is bring back a file with a
            // temporary name.
            let _ = level.dirs(&dirs);
        }
        done
    }

    fn discard_copies(self) {
        for step in self.steps {
            // Nothing refers to the file any more. If it cannot be removed, its name still shows
            // that it belongs to idhooks.
            let _ = match step {
                ChangeStep::Aside { aside, .. } => disk::remove(&aside),
                ChangeStep::Placed { copy: Some(copy), .. } => fs::remove_file(copy),
                _ => Ok(()),
            };
        }
    }

    /// Rolls back as far as possible. If that fails as well, nothing more can be done.
    fn roll_back(self) {
        let level = self.level;
        // Go backwards, so that each step finds the files the way it left them.
        for step in self.steps.into_iter().rev() {
            let _ = match step {
                ChangeStep::CreatedDirs { dir, levels } => {
                    remove_empty_dirs(&dir, levels);
                    Ok(())
                }
                ChangeStep::Placed { path, stamp, copy } => {
                    // Don't touch a file that another program has written in the meantime.
                    let is_ours = stamp.is_of_moved(&path);
                    restore(&path, is_ours, copy, level)
                }
                ChangeStep::Aside { path, aside } => bring_back(&aside, &path),
                ChangeStep::Moved { from, to } => bring_back(&to, &from),
            };
        }
    }
}

/// Renames a file back, unless another program has used its old name in the meantime.
fn bring_back(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(to).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    disk::rename(from, to)
}

/// Restores a file, unless another program has written to its path in the meantime.
fn restore(path: &Path, is_ours: bool, copy: Option<PathBuf>, level: SyncLevel) -> io::Result<()> {
    match copy {
        // If both names are hard links to the same file, `rename` does nothing.
        Some(copy) if is_ours => {
            move_into_place(&copy, path, level)?;
            // In that case, the copy still exists.
            let _ = fs::remove_file(copy);
            Ok(())
        }
        Some(copy) => fs::remove_file(copy),
        None if is_ours => disk::remove(path),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
