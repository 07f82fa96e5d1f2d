//! Plans changes, as values: the registry that a commit with this index must contain. Pure.
//!
//! The repairs run in this order: restore records that are missing from the registry; keep the
//! identity of every path that still exists; follow identities embedded in files; follow renames,
//! and new files that are now at another path than the registered one; revive; deprecate; allocate
//! identities for copies and new files.

mod adopted_names;
mod adoption;
mod allocate_new;
mod allocation_log;
mod arrivals;
mod assign;
pub mod audit;
mod carried_ids;
mod changes;
mod claims;
mod collect;
mod draft;
mod edit;
mod event_kind;
mod evidence;
mod id_assigner;
mod ids_in_files;
pub mod lifecycle;
mod links;
pub mod patch;
mod path_pieces;
mod planner;
mod prospects;
mod reconcile_staged;
mod relocated_additions;
mod renames;
mod retention;
mod revive;
mod rule_suggestion;
pub mod schedule;
pub mod second_id;
mod situation;
pub mod timeline;
mod unclear_file;
mod undecided;
mod unread;

pub use adopted_names::{AdoptedNames, adopt_names};
pub use adoption::{AdoptedFiles, NewIds};
pub use allocation_log::AllocationLog;
pub use assign::Correction;
pub use carried_ids::{AdoptFrom, CarriedIn, UnkeptId};
pub use changes::{ChangePlan, ChangedPaths, FileSource};
pub use edit::{Edit, FieldChange};
pub use event_kind::EventKind;
pub use id_assigner::{Allocator, Choice, IdAssigner, NewId};
pub use planner::plan;
pub use prospects::Prospects;
pub use retention::expired;
pub use rule_suggestion::RuleSuggestion;
pub use situation::{
    Plan, PlanError, PlanOptions, PossibleRename, Recent, ReplaySource, Situation, Undone,
    Unrevived,
};
pub use unclear_file::UnclearFile;
pub use undecided::Undecided;
