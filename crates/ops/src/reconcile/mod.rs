//! Healing a registry after commits that were made without hooks.

mod heal_branch;
mod heal_index;
mod heal_target;
mod refusal;
mod remote;
mod rewrite;
mod summary;

pub use heal_branch::{
    AnsweredQuestion, HealBranchOptions, HealedBranch, QueueQuestions, heal_branch,
};
pub use heal_index::{ReconcileOptions, ReconcileReport, note_reconcile, reconcile};
pub use refusal::{HealRefusal, ReconcileRefusal, RemoteBranch, RewriteRefusal};
pub use remote::heal_with_remote;
pub use rewrite::{ReplacedCommit, RewriteOptions, RewriteReport, range_to_rewrite, rewrite};
pub use summary::{LeftToPerson, ReconcileFigures};
