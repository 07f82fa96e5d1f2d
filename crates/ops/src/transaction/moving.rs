//! Moving files with git along with a change to the registry.

use crate::{Observer, OpsError};
use idhooks_core::registry::Registry;
use idhooks_repo::git::{GitError, GitErrorKind};
use idhooks_repo::state::StateError;
use idhooks_repo::store::{FileStamp, journal::Moved};
use idhooks_repo::system::ending_programs;
use idhooks_repo::transaction::RegistryChange;

use super::{RegistryTransaction, staging};
use crate::interrupted_run::assert_settled;
use crate::plan_notices::report_undone;

impl RegistryTransaction<'_> {
    /// Returns whether the index file is still the same as when it was read.
    pub fn is_current(&self) -> bool {
        let now = FileStamp::at(self.pending.file.path());
        self.pending.index().is_ok_and(|index| index.stamp == now)
    }

    /// Like [`RegistryTransaction::write`], but also has git move a file or directory. Either both
    /// succeed or nothing changes, even if this process is killed.
    ///
    /// # Errors
    /// Returns the errors from [`RegistryTransaction::write`] and from git, and an error if an
    /// earlier run is unfinished.
    pub fn write_moving(
        &self,
        observer: &mut dyn Observer,
        after: &Registry,
        moved: &Moved,
    ) -> Result<(), OpsError> {
        // Files without identities need no journal: git moves them on its own.
        if !self.inputs.is_outdated_by(after) {
            let done = self.repo.move_file(&self.pending.file, &moved.from, &moved.to);
            return done.map_err(|error| not_moved(moved, error));
        }
        // Without this check, an interrupted run's journal would be overwritten.
        assert_settled(self.repo)?;
        let journal = Some(format!("mv {} {}", moved.from, moved.to));
        let change = self.pending.change(&self.inputs)?;
        let change = RegistryChange { moved: Some(moved.clone()), journal, ..change };
        ending_programs(|| staging::commit_change(observer, change, after)).map_err(|error| {
            match error {
                StateError::Git(error) => not_moved(moved, error),
                error => error.into(),
            }
        })?;
        report_undone(observer, &self.inputs, &self.plan.undone);
        self.generate_after_write(observer);
        Ok(())
    }
}

/// Returns the error for a move that git refuses.
pub(crate) fn not_moved(moved: &Moved, error: GitError) -> OpsError {
    match error.kind() {
        GitErrorKind::Other => OpsError::NotMoved { moved: moved.clone(), error },
        _ => error.into(),
    }
}
