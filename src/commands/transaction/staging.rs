//! Reads and writes what belongs to a staged registry, and prints warnings.

use idhooks_core::plan::AllocationLog;
use idhooks_core::registry::Registry;
use idhooks_repo::git::Repo;
use idhooks_repo::state::{LegacyFile, StateError};
use idhooks_repo::store::AllocationLogFile;
use idhooks_repo::transaction::{Applied, RegistryChange, keep_clone_attributes};

use crate::output::Ui;

/// Reads the allocation log of this clone; warns if it cannot be read.
pub(in crate::commands) fn read_allocation_log(ui: &mut Ui, repo: &Repo) -> AllocationLog {
    AllocationLogFile::in_dir(&repo.state_dir()).read().unwrap_or_else(|error| {
        ui.warning(&error.to_string());
        AllocationLog::default()
    })
}

/// Makes a change of the registry, and prints its warnings.
///
/// # Errors
/// Returns the errors of [`RegistryChange::commit`].
pub(in crate::commands) fn commit(
    ui: &mut Ui,
    change: RegistryChange<'_>,
    after: &Registry,
) -> Result<Applied, StateError> {
    let applied = change.commit(after, || Ok(()))?;
    for warning in &applied.warnings {
        ui.warning(warning);
    }
    Ok(applied)
}

/// Keeps the attributes of this clone up to date with the legacy file that these rules name; warns if they
/// cannot be written. Rules that cannot be read are reported elsewhere.
pub(in crate::commands) fn keep_attributes(
    ui: &mut Ui,
    repo: &Repo,
    file: Result<Option<LegacyFile<'_>>, StateError>,
) {
    let Ok(file) = file else { return };
    if let Err(error) = keep_clone_attributes(repo, file.as_ref()) {
        ui.warning(&format!("the attributes of this clone are not up to date: {error}"));
        ui.hint("to bring them up to date: idhooks install");
    }
}
