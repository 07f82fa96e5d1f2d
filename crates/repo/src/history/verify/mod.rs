//! Verifies a whole history: whether each commit is consistent, and what followed where it is not.

mod commit;
mod restored;
mod walk;

pub use walk::{Examined, verify_history};
