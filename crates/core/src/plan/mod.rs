//! Plans changes, as values: the registry that a commit with this index must contain. Pure.
//!
//! The repairs run in this order: restore records that are missing from the registry; keep the
//! identity of every path that still exists; follow identities embedded in files; follow renames,
//! and new files that are now at another path than the registered one; revive; deprecate; allocate
//! identities for copies and new files.

mod adoption;
mod allocate_new;
mod allocation_log;
mod allocator;
mod assign;
pub mod audit;
mod draft;
mod edit;
mod event;
mod event_kind;
mod id_assigner;
mod ids_in_files;
pub mod ids_map;
pub mod lifecycle;
mod links;
pub mod locate_imported;
mod newcomers;
pub mod patch;
mod path_pieces;
mod prospects;
mod reconcile_staged;
mod relocated_additions;
mod renames;
mod retention;
mod retire;
mod revive;
mod rule_suggestion;
pub mod schedule;
pub mod timeline;
mod undone;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Parent, Placement};
use crate::config::Config;
use crate::registry::{
    CounterKey, Origin, PartialRegistry, Registry, RepoPath, Scope, Timestamp, Tree,
};
use crate::rename::{Blobs, Skipped};

pub use allocation_log::AllocationLog;
pub use allocator::Allocator;
pub use assign::Correction;
pub use edit::Edit;
pub use event::RegistryEvent;
pub use event_kind::EventKind;
pub use id_assigner::{Choice, IdAssigner, NewId};
pub use newcomers::{Gifts, Newcomers};
pub use prospects::Prospects;
pub use retention::expired;
pub use rule_suggestion::RuleSuggestion;
pub use undone::Undone;

use draft::PlanDraft;

/// The records that a commit deprecated or moved, and that may come back.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recent {
    /// The deprecated ones.
    pub deprecated: BTreeSet<Origin>,
    /// The moved ones, with the old path.
    pub moved: BTreeMap<Origin, RepoPath>,
}

/// Everything a plan depends on.
pub struct Situation<'a> {
    /// The rules.
    pub config: &'a Config,
    /// The scope of the repository: six digits.
    pub scope: Scope,
    /// The files to be committed.
    pub index: &'a Tree,
    /// The commit's parents: HEAD first, then the commits being merged.
    pub parents: &'a [Parent<'a>],
    /// The registry of the parents: HEAD's own, or the merge of all.
    pub merged: Option<&'a Registry>,
    /// The records to start from: `merged`, and everything else that must not be lost.
    pub base: Option<&'a Registry>,
    /// The registry in the index.
    pub staged: Option<&'a Registry>,
    /// The full registry, if `base` contains only some of its records.
    pub rest: Option<&'a PartialRegistry>,
    /// Other registries of this clone that may contain identities of files in the index: those of
    /// the working tree, and of the index that remains after a partial commit.
    pub offered: &'a [Registry],
    /// Paths that keep the identity that is recorded in a parent's registry, even if healing
    /// changes other registries.
    pub published: &'a Placement,
    /// The registries of a commit being picked or reverted, and of its parent.
    pub sources: &'a [Registry],
    /// Whether a commit is being reverted.
    pub reverting: bool,
    /// Returns what HEAD (0) or its first parent (1) deprecated or moved; called only if it matters.
    pub recent: &'a dyn Fn(usize) -> Recent,
    /// Contents of blobs.
    pub blobs: &'a dyn Blobs,
    /// Returns whether some commit in this clone gives an allocation this path; called only if the
    /// staged registry does, and no other evidence supports it.
    pub witness: &'a dyn Fn(Origin, &RepoPath) -> bool,
    /// The identities that this clone allocated before.
    pub given: &'a AllocationLog,
    /// The date of new records.
    pub now: Timestamp,
    /// Whether new files get an identity; otherwise they are only listed.
    pub allocate: bool,
    /// Called after every new identity.
    pub progress: &'a dyn Fn(),
}

/// The registry that a commit must contain.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The registry.
    pub registry: Registry,
    /// Tracked files without an identity, if `allocate` is not set.
    pub missing: Vec<RepoPath>,
    /// Set if renames of similar files were not detected.
    pub skipped: Option<Skipped>,
    /// Identities with manual edits in the staged registry that neither a rule nor a command
    /// explains, and that were undone.
    pub undone: Vec<Undone>,
}

/// The reason why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A counter has no sequence left for this path.
    #[error("no sequence is left in counter {counter} for '{path}'")]
    Capacity {
        /// The counter that is full.
        counter: CounterKey,
        /// The file that needs it.
        path: RepoPath,
    },
}

/// Plans the registry that a commit of this index must contain.
///
/// # Errors
/// Returns an error if a counter is full.
pub fn plan(situation: &Situation<'_>) -> Result<Plan, PlanError> {
    if adoption::is_adoption(situation) {
        return adoption::adopt(situation);
    }
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
