//! [`plan`]: runs the repairs in order.

use crate::config::LegacyFormat;
use crate::registry::Registry;

use super::counter_floors::{needs_floors, set_floors};
use super::last_updated::move_last_updated;
use super::path_keys::follow_paths;
use super::plan_draft::PlanDraft;
use super::plan_input::{Plan, PlanError, PlanInput};
use super::{
    allocate_new, ids_in_files, relocated_additions, renames, reported_moves,
    revival_and_deprecation,
};

/// Plans the registry that a commit with this index must contain.
///
/// ```
/// use idhooks_core::config::Config;
/// use idhooks_core::plan::{PlanInput, PlanOptions, plan};
/// use idhooks_core::registry::{Entry, Mode, RepoPath, Timestamp, Tree};
/// use idhooks_core::rename::NoBlobs;
///
/// let blob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391".parse()?;
/// let entry = Entry { mode: Mode::Regular, blob };
/// let plan = plan(&PlanInput {
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
pub fn plan(situation: &PlanInput<'_>) -> Result<Plan, PlanError> {
    let mut draft = PlanDraft::start(situation);
    let mut vacated = ids_in_files::follow(&mut draft);
    reported_moves::follow(&mut draft, &mut vacated);
    let is_skipped = renames::follow(&mut draft);
    relocated_additions::follow(&mut draft);
    draft.add_sources();
    let former = revival_and_deprecation::revive(&mut draft);
    draft.settle_undecided();
    let retired = revival_and_deprecation::retire(&mut draft);
    let at_stake = if is_skipped { retired } else { 0 };
    let missing = allocate_new::allocate(&mut draft)?;
    ids_in_files::note_reassignments(&mut draft, vacated);
    let (undone, possible_renames) = (draft.undone(), draft.possible_renames());
    let unrevived = revival_and_deprecation::unrevived(&draft, former);
    let [undecided, unread] = [&mut draft.undecided, &mut draft.unread].map(std::mem::take);
    let continued = std::mem::take(&mut draft.continued);
    let mut registry = draft.into_registry();
    keep_doc_ids_unique(&mut registry, situation);
    keep_beside(&mut registry, situation);
    Ok(Plan {
        registry,
        missing,
        undecided,
        unread,
        at_stake,
        undone,
        possible_renames,
        unrevived,
        continued,
    })
}

/// Updates the values that a legacy file's program needs: the keys that repeat the path, and how
/// far its counters have got.
fn keep_beside(registry: &mut Registry, situation: &PlanInput<'_>) {
    let rules = situation.config.dual_write.as_deref().filter(|rules| rules.enabled);
    let Some(rules) = rules else { return };
    let parents: Vec<&Registry> = situation.parents.iter().map(|one| one.registry).collect();
    let before: Vec<&Registry> = parents.iter().copied().chain(situation.base).collect();
    let others: Vec<&Registry> = situation.base.into_iter().chain(situation.staged).collect();
    follow_paths(registry, &parents, &others, &rules.path_keys);
    registry.release_used();
    // A partial registry does not show how far a counter has got.
    if needs_floors(Some(rules)) && situation.options.unread.is_none() {
        set_floors(registry, &before);
        registry.raise_legacy_bound(rules.bound);
    }
    if let ([parent], false) = (situation.parents, situation.options.is_healing)
        && rules.format == LegacyFormat::Classic
    {
        move_last_updated(registry, parent.registry, situation.now);
    }
}

/// If two files now share a second identity, for instance because one of the files came back, takes
/// it from the junior record. If the staged registry or a parent already has the duplicate, the
/// users have to decide.
fn keep_doc_ids_unique(registry: &mut Registry, situation: &PlanInput<'_>) {
    if situation.parents.len() > 1 {
        // As in the merge driver, each parent counts as a version; git's textual merge of the
        // parents does not.
        let parents = situation.parents.iter().map(|parent| parent.registry.held_doc_ids());
        return registry.keep_doc_ids_unique(&parents.collect::<Vec<_>>());
    }
    let held = registry.held_doc_ids();
    let mut staged = situation.staged.map(Registry::held_doc_ids).unwrap_or_default();
    if let Some(healed) = situation.base.filter(|_| situation.options.is_healed) {
        // Healing HEAD took the second identity from one of the records, but the staged registry is
        // still HEAD's unhealed registry.
        let healed = healed.by_origin();
        staged.retain(|origin, doc_id| {
            !healed.get(origin).is_some_and(|record| record.displaced_doc_ids().contains(*doc_id))
        });
    }
    if held.iter().all(|(origin, doc_id)| staged.get(origin) == Some(doc_id)) {
        return;
    }
    let parents = situation.parents.iter().map(|parent| parent.registry);
    let others = parents.chain(situation.base).map(Registry::held_doc_ids);
    let versions: Vec<_> = std::iter::once(staged).chain(others).collect();
    registry.keep_doc_ids_unique(&versions);
}
