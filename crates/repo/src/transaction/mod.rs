//! Plans the content of a commit, and applies the plan to the index and the working tree: all or
//! nothing.
//!
//! Nothing in this module prints; reporting is up to commands and hooks.

mod adopted_files;
mod adoption;
mod attributes_cleanup;
pub mod audit;
pub mod backup;
pub mod carried_ids;
mod change;
mod clone_attributes;
mod commit_inputs;
mod commit_part;
mod follow_up;
mod id_injector;
mod legacy_damage;
mod legacy_edit;
mod legacy_renames;
mod legacy_step;
mod pending;
mod prepare;
mod prospects;
mod rebuild;
mod record_prospects;
mod registry_change;
mod registry_part;
mod remedy;
mod retention;
mod rollback;
mod seen_commits;
mod state_check;
mod statistics;
mod test_merge;
#[cfg(test)]
mod tests;

pub use adopted_files::{AdoptedFiles, NewIds};
pub use adoption::{AdoptedIndex, adopted_files, append_new_ids};
pub use attributes_cleanup::attributes_cleanup;
pub use carried_ids::{AdoptFrom, CarriedIn, UnkeptId};
pub use change::{IndexChange, PreparedFile, Transaction};
pub use clone_attributes::{clone_legacy_line, keep_clone_attributes};
pub use commit_inputs::CommitInputs;
pub use follow_up::{FollowUp, is_follow_up, is_follow_up_patch, possible_renames};
pub use id_injector::{HeadEdit, IdInjector, InjectedFile, Injection, missing_injections};
pub use legacy_damage::LegacyDamage;
pub use legacy_edit::{
    ConflictingEdits, TakenEdit, take_conflicting_edits, take_legacy_edit, waiting_additions,
};
pub use legacy_step::{LegacyWrite, is_derived};
pub use pending::PendingCommit;
pub use prepare::{Pick, Request, committed_now, now, prepare};
pub use rebuild::{
    RebuildError, Rebuilt, RewrittenCommit, StoreCommit, inconsistent_commits, rebuild,
    rewrite_commit,
};
pub use record_prospects::Prospects;
pub use registry_change::{Applied, RegistryChange, append_allocations};
pub use registry_part::RegistryPart;
pub use remedy::{Remedy, remedy, to_rewrite};
pub use rollback::{RollbackOutcome, find_unfinished, roll_back, undo_half_a_move};
pub use seen_commits::record_seen_commits;
pub use state_check::Checked;
pub use statistics::{count, count_wait, count_write};
pub use test_merge::{Healing, TestMerge, healing};
