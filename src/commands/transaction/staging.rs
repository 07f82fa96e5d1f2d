//! Reads and writes what belongs to a staged registry, and prints warnings.

use idhooks_core::plan::AllocationLog;
use idhooks_core::registry::{BlobId, Registry};
use idhooks_repo::git::Repo;
use idhooks_repo::state::StateError;
use idhooks_repo::store::AllocationLogFile;
use idhooks_repo::transaction::{CommitInputs, RegistryTarget, append_allocations, write_registry};

use crate::output::Ui;

use crate::commands::audit::recorder;
use crate::commands::backup::automatic::keep;

/// Reads the allocation log of this clone; warns if it cannot be read.
pub(in crate::commands) fn read_allocation_log(ui: &mut Ui, repo: &Repo) -> AllocationLog {
    AllocationLogFile::in_dir(&repo.state_dir()).read().unwrap_or_else(|error| {
        ui.warning(&error.to_string());
        AllocationLog::default()
    })
}

/// Writes a registry to the index and the working tree, and new identities to the allocation log;
/// returns its blob. Commands (not hooks) also keep a backup before, and events in the audit after.
///
/// # Errors
/// Returns the errors of [`write_registry`], and an error if the backup, or a required audit, cannot be
/// written.
pub(in crate::commands) fn write_staged(
    ui: &mut Ui,
    repo: &Repo,
    target: &RegistryTarget<'_>,
    inputs: &CommitInputs,
    after: &Registry,
) -> Result<BlobId, StateError> {
    recorder::look_ahead(repo)?;
    let stored = &inputs.stored;
    let kept = match repo.is_synced() {
        true => keep(repo, stored.blob, &stored.bytes)?,
        false => Vec::new(),
    };
    let applied = write_registry(repo, target, after).inspect_err(|_| {
        // Nothing was replaced; a backup that stays does no harm.
        let _ = repo.keep_backups(&[], &kept);
    })?;
    let problem = append_allocations(repo, inputs.lineage.merged.as_ref(), after);
    for warning in applied.warnings.iter().chain(&problem) {
        ui.warning(warning);
    }
    recorder::record_events(ui, repo, &stored.registry, after);
    Ok(applied.blob)
}
