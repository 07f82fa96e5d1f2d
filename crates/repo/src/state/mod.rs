//! Reads what a commit or an index contains: its tree, its registry and its configuration.
//!
//! Nothing here prints or decides.

mod clean;
mod commit_state;
mod committed;
mod error;
pub(crate) mod ids_in_files;
mod legacy_file;
mod look_up;
mod migration;
mod stored;

pub use clean::Unchecked;
pub(crate) use commit_state::link_for_registry;
pub use commit_state::{CommitState, RegistryState};
pub use committed::{CommittedIndex, WorkingFile};
pub use error::StateError;
pub(crate) use error::{if_plannable, if_readable};
pub use ids_in_files::{Heads, added};
pub use legacy_file::{LegacyFile, legacy_findings};
pub use look_up::look_up;
pub use migration::{MigrationTrailer, last_step, migration_phase, migration_status};
pub use stored::{
    Stored, has_registry, has_registry_file, last_with_registry, lint_enforcement, read_config,
    read_registry,
};
pub(crate) use stored::{assert_not_newer, read_config_in, read_trusted, rules_mentioning};
