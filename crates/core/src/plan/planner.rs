//! [`plan`] runs the repairs, in their order.

use super::draft::PlanDraft;
use super::situation::{Plan, PlanError, Situation};
use super::{allocate_new, ids_in_files, relocated_additions, renames, revive};

/// Plans the registry that a commit of this index must contain.
///
/// ```
/// use idhooks_core::config::Config;
/// use idhooks_core::plan::{PlanOptions, Situation, plan};
/// use idhooks_core::registry::{Entry, Mode, RepoPath, Timestamp, Tree};
/// use idhooks_core::rename::NoBlobs;
///
/// let blob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391".parse()?;
/// let entry = Entry { mode: Mode::Regular, blob };
/// let plan = plan(&Situation {
///     config: &Config::default(),
///     scope: "260118".parse()?,
///     index: &Tree::from([(RepoPath::new(*b"docs/plan.md")?, entry)]),
///     parents: &[],
///     merged: None,
///     base: None,
///     staged: None,
///     blobs: &NoBlobs,
///     now: Timestamp::EPOCH,
///     options: PlanOptions::default(),
/// })?;
/// let id = plan.registry.allocations[0].id;
/// assert_eq!((id.type_code(), id.namespace()), ("01".parse()?, "100".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    revive::retire(&mut draft);
    let missing = allocate_new::allocate(&mut draft)?;
    ids_in_files::note_reassignments(&mut draft, vacated);
    let (undone, possible_renames) = (draft.undone(), draft.possible_renames());
    Ok(Plan { registry: draft.into_registry(), missing, skipped, undone, possible_renames })
}
