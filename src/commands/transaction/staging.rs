//! What commands and hooks read and write with a registry, and what they say of it.

use crate::git::Repo;
use crate::output::Ui;
use crate::plan::AllocationLog;
use crate::registry::{BlobId, Registry};
use crate::state::StateError;
use crate::store::AllocationLogFile;
use crate::transaction::{RegistryTarget, Sight, append_allocations, write_registry};

use crate::commands::audit::recorder;
use crate::commands::backup::automatic::keep;

/// Returns what this clone has given; warns where that cannot be read.
pub(in crate::commands) fn read_allocation_log(ui: &mut Ui, repo: &Repo) -> AllocationLog {
    AllocationLogFile::in_dir(&repo.state_dir()).read().unwrap_or_else(|error| {
        ui.warning(&error.to_string());
        AllocationLog::default()
    })
}

/// Writes a registry into the index and the working tree, and what is new in it into what this
/// clone has given; returns its blob. Where a command does it, what was there is kept before, and
/// what it did is noted after.
///
/// # Errors
/// What cannot be kept; an audit that cannot be written where it has to be; as [`write_registry`].
pub(in crate::commands) fn write_staged(
    ui: &mut Ui,
    repo: &Repo,
    target: &RegistryTarget<'_>,
    sight: &Sight,
    after: &Registry,
) -> Result<BlobId, StateError> {
    recorder::look_ahead(repo)?;
    let stored = &sight.stored;
    let kept = match repo.is_synced() {
        true => keep(repo, stored.blob, &stored.bytes)?,
        false => Vec::new(),
    };
    let applied = write_registry(repo, target, after).inspect_err(|_| {
        // Nothing was replaced; one that stays is of no harm.
        let _ = repo.keep_backups(&[], &kept);
    })?;
    let problem = append_allocations(repo, sight.lineage.merged.as_ref(), after);
    for warning in applied.warnings.iter().chain(&problem) {
        ui.warning(warning);
    }
    recorder::record_events(ui, repo, &stored.registry, after);
    Ok(applied.blob)
}
