//! The git hooks.

mod merged_legacy_changes;
mod notice;
mod post_hooks;
mod post_rewrite;
mod pre_commit;
mod registry_packing;

pub use notice::{HookNotice, NotRewritten, RemadeCommit};
pub(crate) use post_hooks::check_head;
pub use post_hooks::{PostHook, run_later_hook};
pub use pre_commit::complete_commit;
pub use registry_packing::{pack_registry, start_packing};
