//! The registry and the legacy file side by side, for reports.

pub(crate) mod compared;
mod fault;
mod overview;
mod state;
pub(crate) mod writes;

pub use fault::{LegacyFault, only_in};
pub use overview::{ComparedFiles, MigrationFacts, MigrationOverview};
pub use state::DualWriteState;
pub use writes::{OperationCounts, RecentWrite};
