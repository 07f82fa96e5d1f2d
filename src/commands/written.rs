//! Files that somebody asked a report to be written to.

use std::path::Path;

use crate::error::CommandError;
use crate::store::replace_file;

/// Replaces a file as a whole, in a directory that is there.
///
/// # Errors
/// As [`check_place`], and a file that cannot be written.
pub(super) fn write(file: &Path, text: &str) -> Result<(), CommandError> {
    check_place(file)?;
    Ok(replace_file(file, text.as_bytes())?)
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
