//! Writes reports to the files that the user names.

use std::{fs, io::Write, path::Path};

use idhooks_repo::git::Repo;
use idhooks_repo::store::{LinkGuard, replace_file};

use crate::error::{CommandError, CommandResult};

/// Replaces a file as a whole, in an existing directory. A link outside the repository is followed.
/// Anything but a regular file, such as a pipe or a device, is written to instead.
///
/// # Errors
/// Returns the errors of [`check_place`], and an error if the file is behind a link inside the
/// repository or cannot be written.
pub(super) fn write(repo: &Repo, file: &Path, text: &str) -> CommandResult<()> {
    check_place(file)?;
    repo.link_guard().check(file)?;
    let failed = |cause: std::io::Error| {
        CommandError::new(format!("cannot write '{}'", file.display()))
            .because(&cause)
            .hint("name a writable file")
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

/// Replaces several files as a whole, and creates missing directories. Writes none if one of them is
/// behind a link inside the repository.
///
/// # Errors
/// Returns an error if a file cannot be written, or is behind such a link.
pub(super) fn write_all(repo: &Repo, files: &[(&Path, &str)]) -> CommandResult<()> {
    let guard = repo.link_guard();
    files.iter().try_for_each(|(file, _)| guard.check(file))?;
    for (file, text) in files {
        replace_file(&guard, file, text.as_bytes())?;
    }
    Ok(())
}

/// Checks that a file can be at this path.
///
/// # Errors
/// Returns an error if the directory does not exist, or if the path is a directory.
pub(super) fn check_place(file: &Path) -> CommandResult<()> {
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty());
    if let Some(dir) = dir.filter(|dir| !dir.is_dir()) {
        return Err(CommandError::new(format!("no directory '{}'", dir.display()))
            .hint("name a file in an existing directory"));
    }
    if file.is_dir() {
        return Err(CommandError::new(format!("'{}' is a directory", file.display()))
            .hint("also name the file: <dir>/<file>"));
    }
    Ok(())
}
