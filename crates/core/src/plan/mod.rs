//! Plans changes as values: computes the registry that a commit with this index must contain. Pure
//! functions only.
//!
//! The repairs run in this order: restore records missing from the registry; keep the identity of
//! every path that still exists; follow identities embedded in files; follow renames, and new files
//! that have left the path where they were registered; revive; deprecate; allocate identities for
//! copies and new files.

mod allocate_new;
mod allocation_log;
mod changes;
mod claims;
mod collect;
mod draft;
mod evidence;
mod floors;
mod id_assigner;
mod ids_in_files;
mod last_updated;
pub mod links;
mod path_keys;
mod planner;
mod reconcile_staged;
mod relocated_additions;
mod renames;
mod revive;
pub mod second_id;
mod situation;
mod unclear_file;
mod undecided;
mod unread;

pub use allocation_log::AllocationLog;
pub use changes::{ChangePlan, ChangedPaths, FileSource};
pub use floors::{begin_floors, lacks_floor, legacy_bound, needs_floors, set_floors};
pub use id_assigner::{Allocator, Choice, IdAssigner, NewId};
pub use ids_in_files::origin_blob;
pub use path_keys::{find_path_keys, follow_paths, hold_path_keys, repeats};
pub use planner::plan;
pub use situation::{
    Plan, PlanError, PlanOptions, PossibleRename, Recent, ReplaySource, Situation, Undone,
    Unrevived,
};
pub use unclear_file::UnclearFile;
pub use undecided::Undecided;
