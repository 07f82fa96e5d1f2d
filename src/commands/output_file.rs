//! Files that somebody asked a report to be written to.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::error::CommandError;
use crate::git::Repo;
use crate::store::{LinkGuard, replace_file};

/// Replaces a file as a whole, in a directory that is there: behind a link outside the repository
/// the file that it leads to. What is no file, as a pipe or a device, is written to.
///
/// # Errors
/// As [`check_place`], a link inside the repository, and a file that cannot be written.
pub(super) fn write(repo: &Repo, file: &Path, text: &str) -> Result<(), CommandError> {
    check_place(file)?;
    repo.link_guard().check(file)?;
    let failed = |cause: std::io::Error| {
        CommandError::new(format!("cannot write '{}'", file.display()))
            .because(&cause)
            .hint("name a file that can be written")
    };
    match fs::metadata(file) {
        Ok(meta) if !meta.is_file() => {
            let mut place = fs::OpenOptions::new().write(true).open(file).map_err(failed)?;
            place.write_all(text.as_bytes()).map_err(failed)
        }
        Ok(_) => {
            let real = file.canonicalize().map_err(failed)?;
            Ok(replace_file(&LinkGuard::default(), &real, text.as_bytes())?)
        }
        Err(_) => Ok(replace_file(&LinkGuard::default(), file, text.as_bytes())?),
    }
}

/// Replaces several files as a whole, making their directories where they are missing; none where
/// one of them is behind a link inside the repository.
///
/// # Errors
/// A file that cannot be written, or is behind such a link.
pub(super) fn write_all(repo: &Repo, files: &[(&Path, &str)]) -> Result<(), CommandError> {
    let guard = repo.link_guard();
    files.iter().try_for_each(|(file, _)| guard.check(file))?;
    for (file, text) in files {
        replace_file(&guard, file, text.as_bytes())?;
    }
    Ok(())
}

/// Looks whether a file may be written at this place.
///
/// # Errors
/// A directory that is not there, or one in the place of the file.
pub(super) fn check_place(file: &Path) -> Result<(), CommandError> {
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty());
    let name = |dir: &Path| dir.display().to_string();
    if let Some(dir) = dir.filter(|dir| !dir.is_dir()) {
        return Err(CommandError::new(format!("no directory '{}'", name(dir)))
            .hint("name a file in a directory that is there"));
    }
    if file.is_dir() {
        return Err(CommandError::new(format!("'{}' is a directory", name(file)))
            .hint("name the file, too: <dir>/<file>"));
    }
    Ok(())
}
