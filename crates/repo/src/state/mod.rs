//! Reads the content of a commit or an index: its tree, its registry and its configuration.
//!
//! Nothing here prints or makes decisions.

mod clean_counts;
mod clean_index;
mod commit_state;
mod committed_index;
mod counted_tree;
mod dual_write_switch;
mod error;
mod existing_identities;
pub(crate) mod ids_in_files;
mod index_rules;
mod look_up;
mod migration_phase;
mod migration_trailer;
mod path_list;
pub mod registry_findings;
mod registry_source;
mod stored_registry;
#[cfg(test)]
mod tests;

pub use clean_counts::{CleanCounts, count_clean, tracked_paths};
pub use clean_index::Unchecked;
pub(crate) use commit_state::link_for_registry;
pub use commit_state::{CommitState, RegistryState};
pub use committed_index::{CommittedIndex, WorkingFile};
pub(crate) use counted_tree::counted_commit;
pub use counted_tree::{
    can_start_from, counted_registry, counted_tree, is_adopted_at, registry_before_gap,
};
pub use dual_write_switch::DualWriteSwitch;
pub use error::StateError;
pub(crate) use error::{if_plannable, if_readable};
pub use existing_identities::{
    MOST_RECORD_FILES, each_small_file, find_registries, how_to_adopt, how_to_take_over,
    may_have_records,
};
pub use ids_in_files::{Heads, added};
pub use index_rules::{index_entry, index_rules};
pub use look_up::look_up;
pub use migration_phase::{last_step, migration_phase, phase_began};
pub use migration_trailer::MigrationTrailer;
pub use path_list::PathList;
pub use registry_source::{RegistrySource, adopted_ref};
pub(crate) use stored_registry::{
    CONTENT_WORDS, assert_not_newer, dual_write_rules, entry, read_config_in, read_trusted,
    rules_mentioning,
};
pub use stored_registry::{
    Stored, has_registry, has_registry_file, last_with_registry, lint_enforcement, read_config,
    read_registry,
};
