//! The walk that commands and hooks share: read (git, store), decide (a pure room), apply.
//!
//! Nothing here prints; showing is the commands' business.

mod adoption;
mod apply;
mod brief;
mod carriers;
mod chronicle;
mod clean;
mod committed;
mod coverage_history;
mod forgotten;
mod give_up;
mod heal;
mod history;
mod inscribe;
mod introduced;
mod judge;
mod life;
mod lineage;
mod look_ahead;
mod look_up;
mod prepare;
mod proof;
mod proposal;
mod prospects;
mod rebuild;
mod remake;
mod remedy;
mod scene;
mod snapshot;
mod strangers;
mod together;
mod told;
mod unadopted;
mod view;
mod witness;

pub use adoption::{Unlisted, append_gifts, write_gifts};
pub use apply::{Applied, RegistryTarget, append_given, write_registry, write_registry_and};
pub use brief::{Brief, Outline, contents_count, shortcuts};
pub use carriers::{Heads, added};
pub use chronicle::{CommitEvents, chronicle};
pub use clean::Unchecked;
pub use committed::{CommittedIndex, WorkingRegistry};
pub use coverage_history::{CoverageHistory, coverage_history};
pub use forgotten::is_whole;
use forgotten::remember_whole;
pub use give_up::AttributesCleanup;
pub use history::{CommitReader, Examined, KnownCommit, judge_history};
pub use inscribe::{HeadEdit, IdInjector, Injection, unlike};
pub use introduced::{CarriedFaults, CommitCarriers};
pub use judge::{
    Consistency, is_true_with_parents, judge, judge_over, only_edits, registry_blob,
    remember_commit,
};
pub use life::{Happening, History, LifeEvent, life};
pub use lineage::Lineage;
use lineage::merge_all;
pub use look_ahead::{MergePreview, look_ahead};
pub use look_up::{RecordKey, look_up};
pub use prepare::{Pick, Request, now, prepare};
pub use proposal::{Healing, TestMerge, healing};
pub use rebuild::{RebuildError, Rebuilt, StoreAgain, rebuild, untrue_of};
pub use remake::{Remade, remake};
pub use remedy::{Remedy, remedy, to_rewrite};
pub use scene::{Scene, Sight};
pub use snapshot::{Snapshot, StateError, Stored, has_registry, read_policy, read_registry};
use snapshot::{read_config, read_policy_in};
pub use together::{RolledBack, Together, apply_together, roll_back, settle};
pub use view::{Checked, Held, View};
