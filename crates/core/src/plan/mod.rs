//! Plans changes as values: computes the registry that a commit with this index must contain. Pure
//! functions only.
//!
//! The repairs run in this order: restore records missing from the registry; keep the identity of
//! every path that still exists; follow identities embedded in files; follow reported moves; follow
//! renames, and new files that have left the path where they were registered; revive; deprecate;
//! allocate identities for copies and new files.

mod allocate_new;
mod allocation_log;
mod allocator;
mod ambiguous_import;
mod changed_paths;
mod collect;
mod counter_floors;
mod evidence;
mod id_assigner;
mod ids_in_files;
mod last_updated;
mod move_log;
mod path_claims;
mod path_keys;
mod plan_draft;
mod plan_input;
mod planner;
mod reconcile_staged;
pub mod record_links;
mod relocated_additions;
mod renames;
mod reported_moves;
mod revival_and_deprecation;
pub mod second_id;
mod undecided;
mod undecided_search;

pub use allocation_log::AllocationLog;
pub use allocator::{Allocator, Continued};
pub use ambiguous_import::AmbiguousImport;
pub use changed_paths::{ChangePlan, ChangedPaths, FileSource};
pub use counter_floors::{begin_floors, lacks_floor, legacy_bound, needs_floors, set_floors};
pub use id_assigner::{Choice, IdAssigner, NewId};
pub use ids_in_files::origin_blob;
pub use move_log::{FollowedMove, MoveLog, ReportedMove};
pub use path_keys::{find_path_keys, follow_paths, hold_path_keys, repeats};
pub use plan_input::{
    Plan, PlanError, PlanInput, PlanOptions, PossibleRename, Recent, ReplaySource, Undone,
    Unrevived,
};
pub use planner::plan;
pub use undecided::Undecided;
