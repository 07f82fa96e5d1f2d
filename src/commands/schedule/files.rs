//! Files that timers consist of, and whose they are.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::CommandError;
use crate::output::Ui;
use crate::registry::hex;
use crate::store::{LinkGuard, StoreError, read_file, replace_file};

/// What a template has where the mark is to stand.
const PLACE: &str = "@MARK@";
/// What the mark begins with; a digest of everything else in the file follows.
const MARK: &str = "Written by 'idhooks schedule install', ";
/// How many bytes of it.
const SUM: usize = 6;

/// A file as it should be.
#[derive(Debug)]
pub(super) struct ExpectedFile {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// What is there in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileStatus {
    /// Nothing.
    Missing,
    /// The same.
    Same,
    /// What idhooks wrote once.
    Outdated,
    /// What idhooks wrote, and somebody has changed since.
    Changed,
    /// A file of somebody else.
    Foreign,
}

impl ExpectedFile {
    /// Makes a file of a template that has a place for the mark.
    pub(super) fn new(path: PathBuf, template: &str) -> Self {
        let mark = format!("{MARK}{}", sum(template));
        ExpectedFile { path, text: template.replacen(PLACE, &mark, 1) }
    }

    /// Returns what is there.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(super) fn standing(&self) -> Result<FileStatus, StoreError> {
        let Some(there) = read_file(&self.path)? else { return Ok(FileStatus::Missing) };
        if there == self.text.as_bytes() {
            return Ok(FileStatus::Same);
        }
        let there = String::from_utf8_lossy(&there);
        let Some((before, after)) = there.split_once(MARK) else { return Ok(FileStatus::Foreign) };
        let is_complete = after
            .split_at_checked(2 * SUM)
            .is_some_and(|(told, after)| sum(&format!("{before}{PLACE}{after}")) == told);
        Ok(if is_complete { FileStatus::Outdated } else { FileStatus::Changed })
    }
}

fn sum(template: &str) -> String {
    hex::encode(&Sha256::digest(template)[..SUM])
}

/// Writes files that are missing or outdated, all of them or none; returns whether any was.
///
/// # Errors
/// A file that somebody else wrote or changed, unless it is to be replaced; what cannot be written,
/// or is behind a link that is guarded against.
pub(super) fn put(
    ui: &mut Ui,
    guard: &LinkGuard,
    files: &[ExpectedFile],
    force: bool,
    dry_run: bool,
) -> Result<bool, CommandError> {
    files.iter().try_for_each(|file| guard.check(&file.path))?;
    let mut changes = Vec::new();
    for file in files {
        let shown = file.path.display();
        let whose = match file.standing()? {
            FileStatus::Same => continue,
            FileStatus::Changed if !force => "was changed by hand",
            FileStatus::Foreign if !force => "is there already, and not from idhooks",
            _ => {
                changes.push(file);
                continue;
            }
        };
        return Err(CommandError::new(format!("'{shown}' {whose}"))
            .hint("see what would be written: --dry-run --force")
            .hint("or have it replaced: --force"));
    }
    for file in &changes {
        let shown = file.path.display();
        if dry_run {
            ui.line(&format!("would be written: '{shown}'"));
            ui.data(&file.text);
        } else {
            replace_file(guard, &file.path, file.text.as_bytes())?;
            ui.status(&format!("written: '{shown}'"));
        }
    }
    if changes.is_empty() {
        ui.status("everything is as it should be");
    }
    Ok(!changes.is_empty())
}

/// Removes what idhooks wrote; what somebody has changed since is left, and told. Returns how many
/// files went.
///
/// # Errors
/// A file that cannot be read or removed, or is behind a link that is guarded against.
pub(super) fn take_away(
    ui: &mut Ui,
    guard: &LinkGuard,
    files: &[ExpectedFile],
    dry_run: bool,
) -> Result<usize, CommandError> {
    files.iter().try_for_each(|file| guard.check(&file.path))?;
    let mut gone = 0;
    for file in files {
        let shown = file.path.display();
        match file.standing()? {
            FileStatus::Missing | FileStatus::Foreign => {}
            FileStatus::Changed => {
                ui.warning(&format!("'{shown}' was changed by hand, and is left alone"));
                ui.hint("look at it, then remove it yourself");
            }
            FileStatus::Same | FileStatus::Outdated => {
                gone += 1;
                if dry_run {
                    ui.line(&format!("would be removed: '{shown}'"));
                } else {
                    remove(&file.path)?;
                    ui.status(&format!("removed: '{shown}'"));
                }
            }
        }
    }
    Ok(gone)
}

/// Removes a file.
///
/// # Errors
/// One that cannot be.
pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
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
        let (mut ui, ..) = Ui::in_memory();
        let guard = LinkGuard::default();
        assert_eq!(new.standing().expect("readable"), FileStatus::Missing);
        assert_eq!(put(&mut ui, &guard, &[old], false, false).ok(), Some(true));
        assert_eq!(new.standing().expect("readable"), FileStatus::Outdated);
        assert_eq!(put(&mut ui, &guard, std::slice::from_ref(&new), false, false).ok(), Some(true));
        assert_eq!(new.standing().expect("readable"), FileStatus::Same);
        assert_eq!(
            put(&mut ui, &guard, std::slice::from_ref(&new), false, false).ok(),
            Some(false)
        );
        fs::write(&path, new.text.replace("new", "mine")).expect("writable");
        assert_eq!(new.standing().expect("readable"), FileStatus::Changed);
        assert!(put(&mut ui, &guard, std::slice::from_ref(&new), false, false).is_err());
        assert_eq!(take_away(&mut ui, &guard, std::slice::from_ref(&new), false).ok(), Some(0));
        fs::write(&path, "mine\n").expect("writable");
        assert_eq!(new.standing().expect("readable"), FileStatus::Foreign);
        assert_eq!(put(&mut ui, &guard, std::slice::from_ref(&new), true, false).ok(), Some(true));
        assert_eq!(take_away(&mut ui, &guard, &[new], false).ok(), Some(1));
        assert!(!path.exists());
    }
}
