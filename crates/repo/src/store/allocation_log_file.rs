//! The allocation log of a clone: `idhooks/given` in the common git directory.

use idhooks_core::plan::AllocationLog;

use super::{StateDir, StateFile, StoreError};

/// The file of the allocation log, shared by all working trees of the clone.
#[derive(Debug, Clone)]
pub struct AllocationLogFile(StateFile);

impl AllocationLogFile {
    /// Returns the log of this state directory.
    pub fn in_dir(state: &StateDir) -> Self {
        AllocationLogFile(state.file("given"))
    }

    /// Reads the log. A missing file is an empty log.
    ///
    /// # Errors
    /// Returns an error if the file exists but cannot be read.
    pub fn read(&self) -> Result<AllocationLog, StoreError> {
        Ok(AllocationLog::parse(self.0.read()?.unwrap_or_default()))
    }

    /// Returns whether the log does not exist yet.
    pub fn is_missing(&self) -> bool {
        std::fs::symlink_metadata(self.0.path())
            .is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
    }

    /// Appends lines in one write, so that other processes see all of them or none.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn append(&self, lines: &str) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        self.0.append(lines)
    }
}
