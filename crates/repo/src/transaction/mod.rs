//! Plans the content of a commit, and applies the plan to the index and the working tree: all or
//! nothing.
//!
//! Nothing in this module prints; reporting is up to commands and hooks.

mod adopted_files;
mod adopted_index;
mod allocated_lines;
mod atomic_change;
mod attributes_cleanup;
pub mod audit_recording;
mod audited_commits;
pub mod backup;
mod backup_retention;
pub mod carried_ids;
mod changed_paths_plan;
mod changed_paths_write;
mod clone_attributes;
mod commit_inputs;
mod commit_plan;
mod commit_rewrite;
mod healing_commit;
mod id_injector;
mod legacy_edit;
mod legacy_renames;
mod legacy_write;
mod next_commit_findings;
mod next_commit_preview;
mod pending_commit;
mod plain_adoption;
mod registry_blob;
mod registry_change;
mod remedy;
mod run_rollback;
mod state_check;
#[cfg(test)]
mod tests;
mod trial_merge;
mod unreadable_legacy;
mod write_statistics;

pub use adopted_files::{AdoptedFiles, NewFile, NewIds};
pub use adopted_index::{AdoptedIndex, adopted_files, append_new_ids};
pub use allocated_lines::append_allocations;
pub use atomic_change::{IndexChange, PreparedFile, Transaction};
pub use attributes_cleanup::attributes_cleanup;
pub use audited_commits::record_seen_commits;
pub use carried_ids::{AdoptFrom, CarriedIn, UnkeptId};
pub use changed_paths_write::RegistryPart;
pub use clone_attributes::{clone_legacy_line, keep_clone_attributes};
pub use commit_inputs::CommitInputs;
pub use commit_plan::{Pick, Request, committed_now, now, prepare};
pub use commit_rewrite::{
    RewriteError, RewrittenChain, RewrittenCommit, StoreCommit, inconsistent_commits, rebuild,
    rewrite_commit,
};
pub use healing_commit::{HealingCommit, is_follow_up, is_follow_up_patch, possible_renames};
pub use id_injector::{HeadEdit, IdInjector, InjectedFile, Injection, missing_injections};
pub use legacy_edit::{
    ConflictingEdits, TakenEdit, take_conflicting_edits, take_legacy_edit, waiting_additions,
};
pub use legacy_write::{LegacyWrite, is_derived};
pub use next_commit_preview::Prospects;
pub use pending_commit::PendingCommit;
pub use registry_blob::store_registry;
pub use registry_change::{Applied, RegistryChange};
pub use remedy::{Remedy, remedy, to_rewrite};
pub use run_rollback::{RollbackOutcome, find_unfinished, roll_back, undo_half_a_move};
pub use state_check::Checked;
pub use trial_merge::{Healing, TrialMerge, healing};
pub use unreadable_legacy::UnreadableLegacy;
pub use write_statistics::{count, count_wait, count_write};
