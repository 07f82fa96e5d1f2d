//! The commits behind an index: which are consistent, what the registries of the others should have
//! been, and what happened to each identity.

mod commit_events;
mod consistency;
mod coverage_history;
mod dropped_records;
mod foreign_parents;
pub(crate) mod heal;
mod identity_log;
mod introduced;
mod merge_preview;
mod parents;
mod published;
mod recent;
mod unadopted;
mod verify;
pub(crate) mod witness;

pub use commit_events::{CommitEvents, commit_events};
pub use consistency::{
    Consistency, check_consistency, check_consistency_over, is_consistent_with_parents, only_edits,
    registry_blob, remember_commit,
};
pub use coverage_history::{CoverageHistory, coverage_history};
pub use dropped_records::is_complete;
pub use identity_log::{History, IdentityEvent, IdentityLogEntry, identity_log};
pub use introduced::{CarriedFaults, CommitCarriers};
pub use merge_preview::{MergePreview, preview_merge};
pub use parents::Lineage;
pub(crate) use parents::merge_all;
pub(crate) use recent::recent;
pub use recent::remember_recent;
pub use verify::{CommitReader, Examined, KnownCommit, verify_history};
