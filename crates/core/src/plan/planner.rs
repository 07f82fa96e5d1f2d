//! [`plan`] runs the repairs, in their order.

use super::draft::PlanDraft;
use super::outcome::{Plan, PlanError};
use super::situation::Situation;
use super::{allocate_new, ids_in_files, relocated_additions, renames, retire, revive};

/// Plans the registry that a commit of this index must contain.
///
/// # Errors
/// Returns an error if a counter is full.
pub fn plan(situation: &Situation<'_>) -> Result<Plan, PlanError> {
    let mut draft = PlanDraft::start(situation);
    let vacated = ids_in_files::follow(&mut draft);
    let skipped = renames::follow(&mut draft);
    relocated_additions::follow(&mut draft);
    draft.add_sources();
    revive::revive(&mut draft);
    retire::retire(&mut draft);
    let missing = allocate_new::allocate(&mut draft)?;
    ids_in_files::note_reassignments(&mut draft, &vacated);
    let undone = draft.undone();
    Ok(Plan { registry: draft.into_registry(), missing, skipped, undone })
}
