//! A migration's journal: `idhooks/migration` in a working tree's git directory.

use idhooks_migration::{MigrationRun, MigrationRunError};
use idhooks_repo::store::{StateDir, StateFile, StoreError};

/// The file's name.
const NAME: &str = "migration";

/// The journal of a migration's last step.
#[derive(Debug, Clone)]
pub(super) struct MigrationFile(StateFile);

impl MigrationFile {
    /// Returns the journal in this state directory.
    pub(super) fn in_dir(state: &StateDir) -> Self {
        MigrationFile(state.file(NAME))
    }

    /// Reads the journal; returns `None` if no step has been made here.
    ///
    /// # Errors
    /// Returns an error if the journal cannot be read or is damaged.
    pub(super) fn read(&self) -> Result<Option<MigrationRun>, StoreError> {
        let Some(bytes) = self.0.read()? else { return Ok(None) };
        let damaged = |why: MigrationRunError| {
            let cause = std::io::Error::other(format!("it is damaged: {why}"));
            StoreError::new("read", self.0.path(), cause)
        };
        MigrationRun::parse(&bytes).map(Some).map_err(damaged)
    }

    /// Replaces the journal and syncs it to disk.
    ///
    /// # Errors
    /// Returns an error if the journal cannot be written.
    pub(super) fn write(&self, run: &MigrationRun) -> Result<(), StoreError> {
        // After a power failure, the journal must still show what an unfinished step changes.
        self.0.replace_synced(run.format().as_bytes())
    }

    /// Removes the journal.
    ///
    /// # Errors
    /// Returns an error if the journal cannot be removed.
    pub(super) fn remove(&self) -> Result<(), StoreError> {
        self.0.remove_synced()
    }
}
