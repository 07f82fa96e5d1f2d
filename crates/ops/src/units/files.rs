//! [`ExpectedFile`]: one of a unit's files, and whether idhooks wrote the file that exists at its
//! path.

use std::fs;
use std::path::{Path, PathBuf};

use idhooks_repo::store::{StoreError, SymlinkGuard, read_file, replace_file};

use super::names::{DIGEST, digest};
use super::notice::UnitNotice;
use super::refusal::UnitRefusal;
use crate::{Notice, Observer, OpsError};

/// The placeholder for the marker in a template.
const PLACE: &str = "@MARK@";
/// The start of the marker, which is followed by the command and a digest of the rest of the file.
const MARK: &str = "Written by 'idhooks ";
/// The text between the command and the digest.
const MARK_END: &str = "', ";

/// A file that should exist, with its content.
#[derive(Debug)]
pub struct ExpectedFile {
    /// The file's path.
    pub path: PathBuf,
    /// The content, including the marker.
    pub text: String,
}

/// What is currently at the file's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitFileStatus {
    /// No file.
    Missing,
    /// The expected file.
    Same,
    /// A file that idhooks wrote earlier, with content that is now outdated.
    Outdated,
    /// A file that idhooks wrote and that has been changed since then.
    Changed,
    /// A file that idhooks did not write.
    Foreign,
}

impl ExpectedFile {
    /// Creates a file for 'schedule install' from a template with a placeholder for the marker.
    pub fn new(path: PathBuf, template: &str) -> Self {
        Self::of_command("schedule install", path, template)
    }

    /// Creates a file for a command from a template with a placeholder for the marker.
    pub fn of_command(command: &str, path: PathBuf, template: &str) -> Self {
        let mark = format!("{MARK}{command}{MARK_END}{}", digest(template.as_bytes()));
        ExpectedFile { path, text: template.replacen(PLACE, &mark, 1) }
    }

    /// Returns the status of the file at this path.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn standing(&self) -> Result<UnitFileStatus, StoreError> {
        let Some(there) = read_file(&self.path)? else { return Ok(UnitFileStatus::Missing) };
        if there == self.text.as_bytes() {
            return Ok(UnitFileStatus::Same);
        }
        Ok(Self::standing_of(&String::from_utf8_lossy(&there)))
    }

    /// Returns the text of the file at a path, if idhooks wrote it and it was not changed since.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn written_text(path: &Path) -> Result<Option<String>, StoreError> {
        let there = read_file(path)?;
        let text = there.map(|there| String::from_utf8_lossy(&there).into_owned());
        Ok(text.filter(|text| Self::standing_of(text) == UnitFileStatus::Outdated))
    }

    /// Returns the status of a file with another text than the expected one.
    fn standing_of(there: &str) -> UnitFileStatus {
        let marked = there.split_once(MARK);
        let marked = marked.and_then(|(before, rest)| Some((before, rest.split_once(MARK_END)?.1)));
        let Some((before, after)) = marked else { return UnitFileStatus::Foreign };
        // The digest covers the rest of the file, so that changes made by hand are noticed.
        let is_complete = after.split_at_checked(2 * DIGEST).is_some_and(|(noted, after)| {
            digest(format!("{before}{PLACE}{after}").as_bytes()) == noted
        });
        if is_complete { UnitFileStatus::Outdated } else { UnitFileStatus::Changed }
    }
}

/// Writes the files that are missing or outdated, and returns whether any was written. Either all
/// of them are written or none is.
///
/// # Errors
/// Returns an error if a file was changed or not written by idhooks (unless `force` is set), if a
/// file cannot be written, or if a file is behind a symlink in the repository.
pub fn put(
    observer: &mut dyn Observer,
    guard: &SymlinkGuard,
    files: &[ExpectedFile],
    force: bool,
    dry_run: bool,
) -> Result<bool, OpsError> {
    files.iter().try_for_each(|file| guard.check(&file.path))?;
    // All files are checked before the first one is written.
    let mut changes = Vec::new();
    for file in files {
        match file.standing()? {
            UnitFileStatus::Same => {}
            UnitFileStatus::Changed if !force => {
                return Err(UnitRefusal::ChangedFile(file.path.clone()).into());
            }
            UnitFileStatus::Foreign if !force => {
                return Err(UnitRefusal::ForeignFile(file.path.clone()).into());
            }
            _ => changes.push(file),
        }
    }
    for file in &changes {
        let path = file.path.clone();
        if dry_run {
            observer.notice(Notice::Unit(UnitNotice::WouldWrite(path, file.text.clone())));
        } else {
            replace_file(guard, &file.path, file.text.as_bytes())?;
            observer.notice(Notice::Unit(UnitNotice::Wrote(path)));
        }
    }
    if changes.is_empty() {
        observer.notice(Notice::Unit(UnitNotice::Unchanged));
    }
    Ok(!changes.is_empty())
}

/// Removes the files that idhooks wrote; keeps files that have been changed since then, with a
/// warning.
///
/// # Errors
/// Returns an error if a file cannot be read or removed, or is behind a symlink in the repository.
pub fn take_away(
    observer: &mut dyn Observer,
    guard: &SymlinkGuard,
    files: &[ExpectedFile],
    dry_run: bool,
) -> Result<(), OpsError> {
    files.iter().try_for_each(|file| guard.check(&file.path))?;
    for file in files {
        let path = file.path.clone();
        match file.standing()? {
            UnitFileStatus::Missing | UnitFileStatus::Foreign => {}
            UnitFileStatus::Changed => observer.notice(Notice::Unit(UnitNotice::KeptChanged(path))),
            UnitFileStatus::Same | UnitFileStatus::Outdated if dry_run => {
                observer.notice(Notice::Unit(UnitNotice::WouldRemove(path)));
            }
            UnitFileStatus::Same | UnitFileStatus::Outdated => {
                remove(&file.path)?;
                observer.notice(Notice::Unit(UnitNotice::Removed(path)));
            }
        }
    }
    Ok(())
}

/// Removes a file.
///
/// # Errors
/// Returns an error if the file cannot be removed.
pub fn remove(path: &Path) -> Result<(), StoreError> {
    fs::remove_file(path).map_err(|cause| StoreError::new("remove", path, cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_tells_whose_it_is() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("sub/x.timer");
        let of = |template: &str| ExpectedFile::new(path.clone(), template);
        let (old, new) = (of("# @MARK@\nold\n"), of("# @MARK@\nnew\n"));
        let observer = &mut Vec::<Notice>::new();
        let guard = SymlinkGuard::default();
        assert_eq!(new.standing().expect("readable"), UnitFileStatus::Missing);
        assert_eq!(put(observer, &guard, &[old], false, false).ok(), Some(true));
        assert_eq!(new.standing().expect("readable"), UnitFileStatus::Outdated);
        assert_eq!(
            put(observer, &guard, std::slice::from_ref(&new), false, false).ok(),
            Some(true)
        );
        assert_eq!(new.standing().expect("readable"), UnitFileStatus::Same);
        assert_eq!(
            put(observer, &guard, std::slice::from_ref(&new), false, false).ok(),
            Some(false)
        );
        fs::write(&path, new.text.replace("new", "mine")).expect("writable");
        assert_eq!(new.standing().expect("readable"), UnitFileStatus::Changed);
        assert!(put(observer, &guard, std::slice::from_ref(&new), false, false).is_err());
        assert!(
            take_away(observer, &guard, std::slice::from_ref(&new), false).is_ok() && path.exists()
        );
        fs::write(&path, "mine\n").expect("writable");
        assert_eq!(new.standing().expect("readable"), UnitFileStatus::Foreign);
        assert_eq!(put(observer, &guard, std::slice::from_ref(&new), true, false).ok(), Some(true));
        assert!(take_away(observer, &guard, &[new], false).is_ok());
        assert!(!path.exists());
    }
}
