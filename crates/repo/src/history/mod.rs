//! The commits that the index is based on: which of them are consistent, which registries the
//! inconsistent ones should have had, and the events in each identity's log.

mod commit_consistency;
mod commit_events;
mod commit_reader;
mod consistency;
mod contest;
mod coverage_history;
mod days;
mod dropped_records;
pub(crate) mod exchange_findings;
mod exchanged;
mod faults;
pub(crate) mod heal;
mod heal_own;
mod identity_log;
pub(crate) mod incarnation;
mod inconsistent;
mod inherited_scope;
mod introduced;
mod known;
mod lacking;
pub(crate) mod limits;
mod lineage;
mod merged;
mod past;
mod published;
mod put_back;
mod put_back_findings;
mod recent;
mod recent_commits;
pub(crate) mod registries;
mod squashed;
#[cfg(test)]
mod tests;
mod tips;
mod unhealed;
mod unreadable;
mod verify;
pub(crate) mod witness;

pub use commit_consistency::{
    check_consistency, is_consistent_with_parents, is_hooked_on, otherwise_healed,
};
pub use commit_events::CommitEvents;
pub use commit_reader::{CommitReader, KnownCommit};
pub use consistency::{Consistency, remember_commit};
pub use contest::Contest;
pub use coverage_history::{CoverageHistory, coverage_history};
pub use days::{DayEnd, measure_days};
pub use dropped_records::is_complete;
pub use exchanged::parted_from;
pub use identity_log::{IdentityEvent, IdentityLogEntry, identity_log};
pub use inconsistent::find_inconsistent;
pub use inherited_scope::inherited_scope;
pub use introduced::{CarriedFaults, CommitCarriers};
pub use known::is_at_boundary;
pub use lacking::Lacking;
pub use lineage::Lineage;
pub use merged::{MergePreview, preview_merge};
pub use past::History;
pub(crate) use past::fold;
pub(crate) use recent::recent;
pub use recent::{change_counts, remember_recent};
pub(crate) use registries::Healed;
pub use registries::{only_edits, registry_blob};
pub use squashed::loses_exact_rename;
pub use tips::changed_between;
pub use unhealed::missing_to_heal;
pub use unreadable::healing_unreadable;
pub use verify::{Examined, verify_history, verify_new};
