//! `idhooks/given` in the common git directory: what this clone has given.

use crate::plan::AllocationLog;

use super::{StateDir, StateFile, StoreError};

/// The file of the clone's memory, shared by all its working trees.
#[derive(Debug, Clone)]
pub struct AllocationLogFile(StateFile);

impl AllocationLogFile {
    /// Returns the memory kept in the common git directory.
    pub fn in_dir(state: &StateDir) -> Self {
        AllocationLogFile(state.file("given"))
    }

    /// Reads the memory; a missing file is an empty one.
    ///
    /// # Errors
    /// A file that is there but cannot be read.
    pub fn read(&self) -> Result<AllocationLog, StoreError> {
        Ok(AllocationLog::parse(self.0.read()?.unwrap_or_default()))
    }

    /// Returns whether there is no memory yet.
    pub fn is_missing(&self) -> bool {
        std::fs::symlink_metadata(self.0.path())
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
        self.0.append(lines)
    }
}
