//! The git hooks.

mod foreign_legacy;
mod later;
mod notice;
mod pre_commit;
mod rewriting;

pub use later::{LaterHook, run_later_hook};
pub use notice::{HookNotice, NotRewritten, RemadeCommit};
pub use pre_commit::complete_commit;
