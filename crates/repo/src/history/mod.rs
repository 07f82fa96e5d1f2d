//! The commits that the index is based on: which of them are consistent, which registries the
//! inconsistent ones should have had, and the events in each identity's log.

mod available_history;
mod carried_id_faults;
mod commit_consistency;
mod commit_events;
mod commit_history;
mod commit_reader;
mod consistency;
pub(crate) mod contested_findings;
mod contested_merges;
mod contested_side;
mod coverage_history;
mod daily_measurements;
mod dropped_records;
pub(crate) mod excluded_file;
mod faults;
mod file_versions;
pub(crate) mod heal;
mod heal_own;
pub(crate) mod healed_registries;
mod identity_log;
mod inconsistent;
mod inherited_scope;
mod left_paths;
mod lineage;
mod merged_registries;
mod missing_for_healing;
mod missing_objects;
mod next_commit;
mod published;
mod put_back;
mod put_back_findings;
mod recent_changes;
mod recent_commits;
pub(crate) mod rename_limits;
mod squashed;
#[cfg(test)]
mod tests;
mod tip_comparison;
mod unreadable_registry;
mod verify;
pub(crate) mod witness;

pub use available_history::is_at_boundary;
pub use carried_id_faults::{CarriedFaults, CommitCarriers};
pub(crate) use commit_consistency::is_settled;
pub use commit_consistency::{
    check_consistency, is_consistent_with_parents, is_hooked_on, otherwise_healed,
};
pub use commit_events::CommitEvents;
pub use commit_history::History;
pub(crate) use commit_history::fold;
pub use commit_reader::{CommitReader, KnownCommit};
pub use consistency::{Consistency, remember_commit};
pub use contested_merges::parted_from;
pub use contested_side::Contest;
pub use coverage_history::{CoverageHistory, coverage_history};
pub use daily_measurements::{DayEnd, measure_days};
pub use file_versions::{FileVersion, FileVersions};
pub(crate) use healed_registries::Healed;
pub use healed_registries::{only_edits, registry_blob};
pub use identity_log::{IdentityEvent, IdentityLogEntry, identity_log};
pub use inconsistent::find_inconsistent;
pub use inherited_scope::inherited_scope;
pub use lineage::Lineage;
pub use merged_registries::{MergePreview, preview_merge};
pub use missing_for_healing::missing_to_heal;
pub use missing_objects::MissingObjects;
pub use next_commit::prepare_next_commit;
pub(crate) use recent_changes::recent;
pub use recent_changes::{change_counts, remember_recent};
pub use squashed::loses_exact_rename;
pub use tip_comparison::changed_between;
pub use unreadable_registry::healing_unreadable;
pub use verify::{Examined, verify_history, verify_new};
