//! Verifies a whole history: whether each commit is consistent and, if not, whether its descendants
//! healed it.

mod commit;
mod gap;
mod new_commits;
mod parents;
mod published_so_far;
mod restored;
mod undecided;
mod walk;

pub use new_commits::verify_new;
pub use walk::{Examined, verify_history};
