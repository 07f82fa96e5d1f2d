//! The walk that commands and hooks share: read (git, store), decide (a pure room), apply.
//!
//! Nothing here prints; showing is the commands' business.

mod adoption;
mod apply;
mod brief;
mod carriers;
mod clean;
mod commit_events;
mod committed;
mod consistency;
mod coverage_history;
mod dropped_records;
mod foreign_parents;
mod give_up;
mod heal;
mod history;
mod id_injector;
mod identity_log;
mod introduced;
mod look_up;
mod merge_preview;
mod multi_file;
mod parents;
mod prepare;
mod proof;
mod prospects;
mod published;
mod rebuild;
mod remedy;
mod rewrite;
mod scene;
mod snapshot;
mod test_merge;
mod unadopted;
mod view;
mod witness;

pub use adoption::{Unlisted, append_new_ids, write_new_ids};
pub use apply::{Applied, RegistryTarget, append_allocations, write_registry, write_registry_and};
pub use brief::{Brief, Outline, contents_count, shortcuts};
pub use carriers::{Heads, added};
pub use clean::Unchecked;
pub use commit_events::{CommitEvents, commit_events};
pub use committed::{CommittedIndex, WorkingRegistry};
pub use consistency::{
    Consistency, check_consistency, check_consistency_over, is_consistent_with_parents, only_edits,
    registry_blob, remember_commit,
};
pub use coverage_history::{CoverageHistory, coverage_history};
pub use dropped_records::is_complete;
use dropped_records::remember_complete;
pub use give_up::AttributesCleanup;
pub use history::{CommitReader, Examined, KnownCommit, verify_history};
pub use id_injector::{HeadEdit, IdInjector, Injection, unlike};
pub use identity_log::{Happening, History, LifeEvent, life};
pub use introduced::{CarriedFaults, CommitCarriers};
pub use look_up::{RecordKey, look_up};
pub use merge_preview::{MergePreview, look_ahead};
pub use multi_file::{RolledBack, Together, apply_together, roll_back, settle};
pub use parents::Lineage;
use parents::merge_all;
pub use prepare::{Pick, Request, now, prepare};
pub use rebuild::{RebuildError, Rebuilt, StoreAgain, inconsistent_commits, rebuild};
pub use remedy::{Remedy, remedy, to_rewrite};
pub use rewrite::{Remade, remake};
pub use scene::{Scene, Sight};
pub use snapshot::{Snapshot, StateError, Stored, has_registry, read_config, read_registry};
use snapshot::{read_config_in, read_config_text};
pub use test_merge::{Healing, TestMerge, healing};
pub use view::{Checked, Held, View};
