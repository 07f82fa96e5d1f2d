//! The journal of a migration: `idhooks/migration` in the git directory of a working tree.

use idhooks_migration::{MigrationRun, MigrationRunError};
use idhooks_repo::store::{StateDir, StateFile, StoreError};

/// Its name.
const NAME: &str = "migration";

/// The journal of the last step of a migration.
#[derive(Debug, Clone)]
pub(super) struct MigrationFile(StateFile);

impl MigrationFile {
    /// Returns the journal in this state directory.
    pub(super) fn in_dir(state: &StateDir) -> Self {
        MigrationFile(state.file(NAME))
    }

    /// Reads it; returns nothing if no step was made here.
    ///
    /// # Errors
    /// Returns an error if it cannot be read or is damaged.
    pub(super) fn read(&self) -> Result<Option<MigrationRun>, StoreError> {
        let Some(bytes) = self.0.read()? else { return Ok(None) };
        let damaged = |why: MigrationRunError| {
            let cause = std::io::Error::other(format!("it is damaged: {why}"));
            StoreError::new("read", self.0.path(), cause)
        };
        MigrationRun::parse(&bytes).map(Some).map_err(damaged)
    }

    /// Replaces it, and syncs it to the disk.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub(super) fn write(&self, run: &MigrationRun) -> Result<(), StoreError> {
        // After a power failure, the journal must still show what a half-made step changes.
        self.0.replace_synced(run.format().as_bytes())
    }

    /// Removes it.
    ///
    /// # Errors
    /// Returns an error if it cannot be removed.
    pub(super) fn remove(&self) -> Result<(), StoreError> {
        self.0.remove_synced()
    }
}
