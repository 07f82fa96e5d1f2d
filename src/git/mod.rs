//! The only room that uses gix or runs git; returns plain types of the pure rooms.

mod command;
mod commit;
mod date;
mod ids;
mod index;
mod objects;
mod refs;
mod repo;

pub use command::{Git, GitError};
pub use commit::Commit;
pub use date::commit_date;
pub use ids::{CommitId, TreeId};
pub use index::{Index, IndexFile, Stages};
pub use repo::{OpenError, Repo};
mod driver;

pub use driver::{DEFAULT_MARKER_SIZE, TextMerge, driver_command};
