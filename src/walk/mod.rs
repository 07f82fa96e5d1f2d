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
mod coverage_history;
mod dropped_records;
mod foreign_parents;
mod give_up;
mod heal;
mod history;
mod id_injector;
mod identity_log;
mod introduced;
mod judge;
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

pub use adoption::{Unlisted, append_gifts, write_gifts};
pub use apply::{Applied, RegistryTarget, append_given, write_registry, write_registry_and};
pub use brief::{Brief, Outline, contents_count, shortcuts};
pub use carriers::{Heads, added};
pub use clean::Unchecked;
pub use commit_events::{CommitEvents, chronicle};
pub use committed::{CommittedIndex, WorkingRegistry};
pub use coverage_history::{CoverageHistory, coverage_history};
pub use dropped_records::is_whole;
use dropped_records::remember_whole;
pub use give_up::AttributesCleanup;
pub use history::{CommitReader, Examined, KnownCommit, judge_history};
pub use id_injector::{HeadEdit, IdInjector, Injection, unlike};
pub use identity_log::{Happening, History, LifeEvent, life};
pub use introduced::{CarriedFaults, CommitCarriers};
pub use judge::{
    Consistency, is_true_with_parents, judge, judge_over, only_edits, registry_blob,
    remember_commit,
};
pub use look_up::{RecordKey, look_up};
pub use merge_preview::{MergePreview, look_ahead};
pub use multi_file::{RolledBack, Together, apply_together, roll_back, settle};
pub use parents::Lineage;
use parents::merge_all;
pub use prepare::{Pick, Request, now, prepare};
pub use rebuild::{RebuildError, Rebuilt, StoreAgain, rebuild, untrue_of};
pub use remedy::{Remedy, remedy, to_rewrite};
pub use rewrite::{Remade, remake};
pub use scene::{Scene, Sight};
pub use snapshot::{Snapshot, StateError, Stored, has_registry, read_policy, read_registry};
use snapshot::{read_config, read_policy_in};
pub use test_merge::{Healing, TestMerge, healing};
pub use view::{Checked, Held, View};
