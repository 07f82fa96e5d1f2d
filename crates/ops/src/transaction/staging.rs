//! Reading and writing a staged registry and its companions.

use crate::{Notice, Observer, OpsError};
use idhooks_core::plan::AllocationLog;
use idhooks_core::registry::{Allocation, Object, Registry};
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::events::{Edit, EventKind};
use idhooks_repo::git::Repo;
use idhooks_repo::state::{StateError, how_to_adopt};
use idhooks_repo::store::AllocationLogFile;
use idhooks_repo::store::journal::{FileStep, IndexStep};
use idhooks_repo::transaction::{Applied, RegistryChange, keep_clone_attributes};

/// Reads this clone's allocation log; issues a notice if it cannot be read.
pub fn read_allocation_log(observer: &mut dyn Observer, repo: &Repo) -> AllocationLog {
    AllocationLogFile::in_dir(&repo.state_dir()).read().unwrap_or_else(|error| {
        // A damaged log must not stop every command.
        observer.notice(Notice::AllocationLog(error));
        AllocationLog::default()
    })
}

/// Changes the registry, and reports the companions that could not be written.
///
/// # Errors
/// Returns the errors from [`RegistryChange::commit`].
pub fn commit_change(
    observer: &mut dyn Observer,
    change: RegistryChange<'_>,
    after: &Registry,
) -> Result<Applied, StateError> {
    Ok(report_warnings(observer, change.commit(after, || Ok(()))?))
}

/// Reports the companions that a change could not write.
pub(crate) fn report_warnings(observer: &mut dyn Observer, applied: Applied) -> Applied {
    for warning in &applied.warnings {
        observer.notice(Notice::NotKept(warning.clone()));
    }
    applied
}

/// Updates this clone's attributes for the legacy file that these rules name; issues a notice if
/// they cannot be written. Unreadable rules are reported elsewhere.
pub fn keep_attributes(
    observer: &mut dyn Observer,
    repo: &Repo,
    file: Result<Option<LegacyFile<'_>>, StateError>,
) {
    let Ok(file) = file else { return };
    if let Err(error) = keep_clone_attributes(repo, file.as_ref()) {
        observer.notice(Notice::Attributes(error));
    }
}

/// A run that changes files along with the registry and can be undone.
#[derive(Debug)]
pub struct JournaledRun {
    /// The command line, without `idhooks`.
    pub what: String,
    /// The changes to files.
    pub files: Vec<FileStep>,
    /// The changes to the index, apart from the registry.
    pub entries: Vec<IndexStep>,
    /// The other audit log entries.
    pub events: Vec<(EventKind, Object)>,
}

/// The result of changing records.
#[derive(Debug)]
pub struct ChangedRecords {
    /// The records before the change.
    pub records: Vec<Allocation>,
    /// The changes, for display.
    pub edits: Vec<Edit>,
}

/// Returns the error for a command that needs a registry in the index.
pub fn not_adopted(repo: &Repo) -> OpsError {
    // An unreadable file merely makes the hint less specific.
    let tree = repo.index(&repo.index_file()).map(|index| index.tree).unwrap_or_default();
    OpsError::NotAdopted(how_to_adopt(repo, &tree))
}
