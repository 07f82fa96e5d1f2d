//! Several changes of files that happen all or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::failpoint::pause;
use super::file_stamp::FileStamp;
use super::links::LinkGuard;
use super::replace::{Access, Replacement, StoreError};
use super::scratch::{Scratch, knows_processes, put};

/// One change of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileChange {
    /// The file gets this content; its directory is made where it is missing.
    Write {
        /// The file.
        path: PathBuf,
        /// Its whole content.
        bytes: Vec<u8>,
        /// Who may do what with it.
        access: Access,
    },
    /// The file, link or directory gets another name, at which nothing is.
    Move {
        /// Its name.
        from: PathBuf,
        /// Its new name.
        to: PathBuf,
    },
    /// The file goes.
    Remove {
        /// The file.
        path: PathBuf,
    },
}

impl FileChange {
    /// Returns the change that gives a file this content, with the permissions it has.
    pub fn write(path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        FileChange::Write { path: path.into(), bytes: bytes.into(), access: Access::Keep }
    }

    /// Asserts that nothing it changes is behind a link.
    fn check(&self, guard: &LinkGuard) -> Result<(), StoreError> {
        match self {
            FileChange::Write { path, .. } => guard.check(path),
            // A link may get another name, and go.
            FileChange::Move { from, to } => guard.check_parent(from).and(guard.check_parent(to)),
            FileChange::Remove { path } => guard.check_parent(path),
        }
    }
}

/// Carries out the changes in their order.
///
/// New contents are all written to `scratch` before the first file is touched, so that a full
/// disk fails early.
///
/// # Errors
/// The first change that fails, or would be behind a link; everything is then as it was before.
pub fn apply(scratch: &Scratch, changes: &[FileChange]) -> Result<(), StoreError> {
    apply_and(scratch, changes, || Ok(()))
}

/// As [`apply`], with one more step that comes after the last change.
///
/// # Errors
/// The first change that fails, or that step; every file is then as it was before.
pub fn apply_and<E: From<StoreError>>(
    scratch: &Scratch,
    changes: &[FileChange],
    last: impl FnOnce() -> Result<(), E>,
) -> Result<(), E> {
    let mut undo = Undo::default();
    let done = attempt(scratch, changes, &mut undo).map_err(E::from).and_then(|()| last());
    undo.unless(done)
}

/// Puts new content in its place, with a look at what is there as the last step before that, and
/// one more step after it.
///
/// # Errors
/// A file that cannot be replaced, or one of the steps; the file is then as it was before.
pub fn put_and<E: From<StoreError>>(
    scratch: &Scratch,
    new: Replacement,
    look: impl FnOnce() -> Result<(), E>,
    last: impl FnOnce() -> Result<(), E>,
) -> Result<(), E> {
    let path = new.target().to_owned();
    let copy = keep_copy(scratch, &path, BESIDE)?;
    let placed = look().and_then(|()| Ok(new.commit_stamped()?));
    let mut undo = Undo::default();
    match placed {
        Ok(stamp) => undo.steps.push(ChangeStep::Placed { path, stamp, copy }),
        Err(error) => {
            // A file that stays is named as ours.
            let _ = copy.map(fs::remove_file);
            return Err(error);
        }
    }
    undo.unless(last())
}

/// The number of a copy that is kept beside those of several changes.
const BESIDE: usize = 1_000_000;

fn attempt<'a>(
    scratch: &Scratch,
    changes: &'a [FileChange],
    undo: &mut Undo<'a>,
) -> Result<(), StoreError> {
    changes.iter().try_for_each(|change| change.check(&scratch.guard))?;
    let mut prepared = Vec::new();
    for change in changes {
        prepared.push(match change {
            FileChange::Write { path, bytes, access } => {
                make_dirs(path.parent().unwrap_or(Path::new(".")), undo)?;
                Some(Replacement::prepare_with(scratch, path, bytes, *access)?)
            }
            _ => None,
        });
    }
    for (change, prepared) in changes.iter().zip(prepared) {
        match (change, prepared) {
            (FileChange::Write { path, bytes, .. }, Some(new)) => {
                let copy = keep_copy(scratch, path, undo.steps.len())?;
                undo.steps.push(ChangeStep::Written { path, bytes, copy });
                new.commit()?;
            }
            (FileChange::Move { from, to }, _) => {
                if fs::symlink_metadata(to).is_ok() {
                    return Err(StoreError::new("move", from, io::ErrorKind::AlreadyExists.into()));
                }
                rename(from, to)?;
                undo.steps.push(ChangeStep::Moved { from: from.clone(), to: to.clone() });
                pause("a file is moved");
            }
            (FileChange::Remove { path }, _) => {
                let aside = aside(path);
                rename(path, &aside)?;
                undo.steps.push(ChangeStep::Aside { path: path.clone(), aside });
                pause("a file is put aside");
            }
            (FileChange::Write { .. }, None) => {}
        }
    }
    Ok(())
}

/// Removes directories that are empty, from `dir` upward, at most `levels`; what is not empty
/// or not permitted stays.
pub fn remove_empty_dirs(dir: &Path, levels: usize) {
    for dir in dir.ancestors().take(levels) {
        if fs::remove_dir(dir).is_err() {
            return;
        }
    }
}

/// Returns how many directories would have to be made to have `dir`.
pub fn missing_dirs(dir: &Path) -> usize {
    dir.ancestors().take_while(|d| fs::symlink_metadata(d).is_err()).count()
}

fn make_dirs(dir: &Path, undo: &mut Undo<'_>) -> Result<(), StoreError> {
    let levels = missing_dirs(dir);
    if levels > 0 {
        // Noted first: of several levels some may be made before one fails.
        undo.steps.push(ChangeStep::MadeDirs { dir: dir.to_owned(), levels });
        fs::create_dir_all(dir).map_err(|e| StoreError::new("make", dir, e))?;
        pause("directories are made");
    }
    Ok(())
}

/// Keeps the old content of a file until all is done; the file itself stays in its place, for a
/// hook must not be missing for a moment. Returns where it is, if there was one.
fn keep_copy(scratch: &Scratch, path: &Path, number: usize) -> Result<Option<PathBuf>, StoreError> {
    if fs::symlink_metadata(path).is_err() {
        return Ok(None);
    }
    let copy = scratch.name(number);
    let _ = fs::remove_file(&copy);
    let linked = match knows_processes() {
        true => fs::hard_link(path, &copy),
        // A second name has the age of the file, and would be taken for abandoned.
        false => Err(io::ErrorKind::Unsupported.into()),
    };
    let linked = linked.or_else(|_| fs::copy(path, &copy).map(|_| ()));
    if let Err(error) = linked {
        let _ = fs::remove_file(&copy);
        return Err(StoreError::new("keep a copy of", path, error));
    }
    pause("a copy is kept");
    Ok(Some(copy))
}

/// Returns a name in the same directory for a file that goes.
fn aside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".idhooks-{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to).map_err(|e| StoreError::new("move", from, e))
}

#[derive(Debug)]
enum ChangeStep<'a> {
    MadeDirs { dir: PathBuf, levels: usize },
    Written { path: &'a Path, bytes: &'a [u8], copy: Option<PathBuf> },
    Placed { path: PathBuf, stamp: FileStamp, copy: Option<PathBuf> },
    Aside { path: PathBuf, aside: PathBuf },
    Moved { from: PathBuf, to: PathBuf },
}

#[derive(Debug, Default)]
struct Undo<'a> {
    steps: Vec<ChangeStep<'a>>,
}

impl Undo<'_> {
    /// Goes back unless all is done.
    fn unless<E>(self, done: Result<(), E>) -> Result<(), E> {
        match done {
            Ok(()) => self.forget(),
            Err(_) => self.roll_back(),
        }
        done
    }

    fn forget(self) {
        for step in self.steps {
            if let ChangeStep::Aside { aside: copy, .. }
            | ChangeStep::Written { copy: Some(copy), .. }
            | ChangeStep::Placed { copy: Some(copy), .. } = step
            {
                // Nobody refers to it any more; a file that stays is named as ours.
                let _ = fs::remove_file(copy);
            }
        }
    }

    /// Goes back as far as it can: there is no better answer to a second failure.
    fn roll_back(self) {
        for step in self.steps.into_iter().rev() {
            let _ = match step {
                ChangeStep::MadeDirs { dir, levels } => {
                    remove_made(&dir, levels);
                    Ok(())
                }
                ChangeStep::Written { path, bytes, copy } => {
                    let is_ours = fs::read(path).is_ok_and(|present| present == bytes);
                    put_back(path, is_ours, copy)
                }
                ChangeStep::Placed { path, stamp, copy } => {
                    let is_ours = stamp.is_of_moved(&path);
                    put_back(&path, is_ours, copy)
                }
                ChangeStep::Aside { path, aside } => fs::rename(aside, path),
                ChangeStep::Moved { from, to } => fs::rename(to, from),
            };
        }
    }
}

/// Puts a file back in its place, unless somebody else has written there since.
fn put_back(path: &Path, is_ours: bool, copy: Option<PathBuf>) -> io::Result<()> {
    match copy {
        // Two names of one file make `rename` do nothing.
        Some(copy) if is_ours => {
            put(&copy, path)?;
            // It may still have its own name.
            let _ = fs::remove_file(copy);
            Ok(())
        }
        Some(copy) => fs::remove_file(copy),
        None if is_ours => fs::remove_file(path),
        None => Ok(()),
    }
}

/// Like [`remove_empty_dirs`], though the lowest levels may not have been made.
fn remove_made(dir: &Path, levels: usize) {
    for dir in dir.ancestors().take(levels) {
        let _ = fs::remove_dir(dir);
    }
}

#[cfg(test)]
mod tests;
