//! Plans what a commit must carry, and applies the plan to the index and the working tree: all of
//! it or nothing.
//!
//! Nothing here prints: commands and hooks report.

mod adoption;
mod apply;
mod attributes_cleanup;
mod id_injector;
mod multi_file;
mod pending;
mod plain_commit;
mod prepare;
mod prospects;
mod rebuild;
mod remedy;
mod rewrite;
mod state_check;
mod test_merge;

pub use adoption::{AdoptedIndex, append_new_ids};
pub use apply::{Applied, RegistryTarget, append_allocations, write_registry, write_registry_and};
pub use attributes_cleanup::AttributesCleanup;
pub use id_injector::{HeadEdit, IdInjector, Injection, missing_injections};
pub use multi_file::{
    MultiFileChange, RollbackOutcome, apply_multi_file, find_unfinished, roll_back,
};
pub use pending::{CommitInputs, PendingCommit};
pub use plain_commit::{PlainCommit, PlainPlan, contents_count};
pub use prepare::{Pick, Request, now, prepare};
pub use rebuild::{RebuildError, Rebuilt, StoreCommit, inconsistent_commits, rebuild};
pub use remedy::{Remedy, remedy, to_rewrite};
pub use rewrite::{RewrittenCommit, rewrite_commit};
pub use state_check::Checked;
pub use test_merge::{Healing, TestMerge, healing};
