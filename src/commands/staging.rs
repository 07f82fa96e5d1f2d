//! What commands and hooks read and write with a registry, and what they say of it.

use crate::git::Repo;
use crate::output::Ui;
use crate::plan::Given;
use crate::registry::{BlobId, Registry};
use crate::store::GivenFile;
use crate::walk::{Scene, Sight, WalkError, append_given, write_registry};

/// Returns what this clone has given; warns where that cannot be read.
pub(super) fn read_given(ui: &mut Ui, repo: &Repo) -> Given {
    GivenFile::in_dir(&repo.common_dir()).read().unwrap_or_else(|error| {
        ui.warning(&error.to_string());
        Given::default()
    })
}

/// Writes a registry into the index and the working tree, and what is new in it into what this
/// clone has given; returns its blob.
///
/// # Errors
/// As [`write_registry`].
pub(super) fn write_staged(
    ui: &mut Ui,
    scene: &Scene<'_>,
    sight: &Sight,
    after: &Registry,
) -> Result<BlobId, WalkError> {
    let applied = write_registry(scene.repo, &scene.target(sight), after)?;
    let problem = append_given(scene.repo, sight.lineage.merged.as_ref(), after);
    for warning in applied.warnings.iter().chain(&problem) {
        ui.warning(warning);
    }
    Ok(applied.blob)
}
