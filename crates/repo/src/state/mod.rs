//! Reads what a commit or an index contains: its tree, its registry and its configuration.
//!
//! Nothing here prints or decides.

mod clean;
mod committed;
pub(crate) mod ids_in_files;
mod look_up;
mod proof;
pub(crate) mod snapshot;

pub use clean::Unchecked;
pub use committed::{CommittedIndex, WorkingRegistry};
pub use ids_in_files::{Heads, added};
pub use look_up::{RecordKey, look_up};
pub use snapshot::{Snapshot, StateError, Stored, has_registry, read_config, read_registry};
pub(crate) use snapshot::{read_config_in, read_config_text};
