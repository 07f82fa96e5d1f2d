//! `idhooks/given` in the common git directory: what this clone has given.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::plan::Given;

use super::pause::pause;
use super::{StoreError, read_file};

/// The file of the clone's memory, shared by all its working trees.
#[derive(Debug, Clone)]
pub struct GivenFile(PathBuf);

impl GivenFile {
    /// Returns the memory kept in `common_dir`.
    pub fn in_dir(common_dir: &Path) -> Self {
        GivenFile(common_dir.join("idhooks").join("given"))
    }

    /// Reads the memory; a missing file is an empty one.
    ///
    /// # Errors
    /// A file that is there but cannot be read.
    pub fn read(&self) -> Result<Given, StoreError> {
        Ok(Given::parse(read_file(&self.0)?.unwrap_or_default()))
    }

    /// Returns whether there is no memory yet.
    pub fn is_missing(&self) -> bool {
        std::fs::symlink_metadata(&self.0)
            .is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
    }

    /// Appends lines in one write, so that other processes see all of them or none.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn append(&self, lines: &str) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        append(&self.0, lines)
    }
}

/// Appends one line to a file, making it where it is missing; a last line that was torn stays by
/// itself.
///
/// # Errors
/// A file that cannot be read or written.
pub fn append_line(path: &Path, line: &str) -> Result<(), StoreError> {
    let before = super::read_file(path)?.unwrap_or_default();
    let is_torn = before.last().is_some_and(|byte| *byte != b'\n');
    append(path, &format!("{}{line}\n", if is_torn { "\n" } else { "" }))
}

/// Appends to a file in one write, making it and its directory where they are missing.
pub(super) fn append(path: &Path, lines: &str) -> Result<(), StoreError> {
    let failed = |cause| StoreError::new("append to", path, cause);
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(failed)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
    pause("a memory is opened");
    file.write_all(lines.as_bytes()).map_err(failed)?;
    pause("a memory is written");
    Ok(())
}
