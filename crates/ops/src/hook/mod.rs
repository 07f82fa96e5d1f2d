//! The git hooks.

mod merged_legacy_changes;
mod notice;
mod post_hooks;
mod post_rewrite;
mod pre_commit;

pub use notice::{HookNotice, NotRewritten, RemadeCommit};
pub(crate) use post_hooks::check_head;
pub use post_hooks::{PostHook, run_later_hook};
pub use pre_commit::complete_commit;
