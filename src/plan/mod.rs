//! What should change, as a value: the registry that a commit with this index must carry. Pure.
//!
//! The repairs go in this order: records missing from the registry come back; paths that are
//! still there keep their identity; files that carry one inside; renames, and new files that came to another place than the
//! one they were registered at; revivals; retirements; copies and new allocations.

mod adoption;
mod allocate_new;
mod allocation_log;
mod allocator;
mod assign;
pub mod audit;
mod capacity;
mod cuts;
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
mod prospects;
mod reconcile_staged;
pub mod references;
mod relocated_additions;
mod renames;
mod retention;
mod retire;
mod revive;
pub mod schedule;
pub mod timeline;
mod undone;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::check::{Parent, Placement};
use crate::config::Config;
use crate::registry::{CounterKey, Excerpt, Origin, Registry, RepoPath, Scope, Timestamp, Tree};
use crate::rename::{Blobs, Skipped};

pub use allocation_log::AllocationLog;
pub use allocator::Allocator;
pub use assign::Correction;
pub use capacity::Need;
pub use edit::Edit;
pub use event::RegistryEvent;
pub use event_kind::EventKind;
pub use id_assigner::{Choice, IdAssigner, NewId};
pub use newcomers::{Gifts, Newcomers};
pub use prospects::Prospects;
pub use retention::outlived;
pub use undone::Undone;

use draft::PlanDraft;

/// What was retired or moved a short while ago, and may come back.
#[derive(Debug, Clone, Default)]
pub struct Recent {
    /// Retired by HEAD itself.
    pub by_head: BTreeSet<Origin>,
    /// Retired by HEAD's first parent.
    pub by_parent: BTreeSet<Origin>,
    /// Moved by HEAD itself, with the path before; so that `--amend` can take it back.
    pub moved: BTreeMap<Origin, RepoPath>,
}

/// Everything a plan depends on.
pub struct Situation<'a> {
    /// The rules.
    pub config: &'a Config,
    /// The repository's six digits.
    pub scope: Scope,
    /// What will be committed.
    pub index: &'a Tree,
    /// The commit's parents: HEAD first, then the commits being merged.
    pub parents: &'a [Parent<'a>],
    /// What the parents' registries come to: HEAD's own, or the merge of all.
    pub merged: Option<&'a Registry>,
    /// The records to start from: `merged`, and what else must not be lost.
    pub base: Option<&'a Registry>,
    /// The registry in the index.
    pub staged: Option<&'a Registry>,
    /// What `base` is an excerpt of, where it has not all records.
    pub rest: Option<&'a Excerpt>,
    /// Other registries of this clone that may hold identities given to files of the index: of
    /// the working tree, and of the index that a partial commit leaves.
    pub offered: &'a [Registry],
    /// Paths that keep the identity which a parent's registry really says, whatever healing
    /// makes of other registries.
    pub told: &'a Placement,
    /// Registries of a commit being picked or reverted and of its parent.
    pub sources: &'a [Registry],
    /// Whether a commit is being reverted.
    pub reverting: bool,
    /// Works out what was retired lately; asked only where it matters.
    pub recent: &'a dyn Fn() -> Recent,
    /// Contents of blobs.
    pub blobs: &'a dyn Blobs,
    /// Returns whether some commit that this clone knows gives an allocation a path; asked only
    /// where the staged registry does and nothing else speaks for it.
    pub witness: &'a dyn Fn(Origin, &RepoPath) -> bool,
    /// What this clone has given before.
    pub given: &'a AllocationLog,
    /// The date of new records.
    pub now: Timestamp,
    /// Whether new files get an identity; else they are only listed.
    pub allocate: bool,
    /// Called after every new identity.
    pub progress: &'a dyn Fn(),
}

/// The registry a commit must carry.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The registry.
    pub registry: Registry,
    /// Tracked files that have no identity, since allocation was not asked for.
    pub missing: Vec<RepoPath>,
    /// Set if renames of similar files were not looked for.
    pub skipped: Option<Skipped>,
    /// Identities of which the staged registry says what neither a rule nor a command explains,
    /// and that are as they were.
    pub undone: Vec<Undone>,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanError {
    /// A counter has nothing left for this path.
    Capacity {
        /// The counter that is full.
        counter: CounterKey,
        /// The file that would have needed it.
        path: RepoPath,
    },
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PlanError::Capacity { counter, path } = self;
        write!(f, "no sequence is left in counter {counter} for '{path}'")
    }
}

impl std::error::Error for PlanError {}

/// Works out the registry that a commit of this index must carry.
///
/// # Errors
/// A counter that is full.
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
    ids_in_files::note(&mut draft, &vacated);
    let undone = draft.undone();
    Ok(Plan { registry: draft.into_registry(), missing, skipped, undone })
}
