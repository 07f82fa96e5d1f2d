//! Reads and writes what belongs to a staged registry, and prints warnings.

use idhooks_core::plan::AllocationLog;
use idhooks_core::registry::Registry;
use idhooks_repo::{git::Repo, state::StateError};
use idhooks_repo::{
    store::AllocationLogFile,
    transaction::{Applied, RegistryChange},
};

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
