//! The registry and the legacy file side by side, for reports.

pub(crate) mod compared;
mod fault;
mod overview;
mod progress;
pub(crate) mod writes;

pub use fault::{LegacyFault, only_in};
pub use overview::{ComparedFiles, MigrationFacts, MigrationOverview};
pub use progress::DualWriteState;
pub use writes::{OperationCounts, RecentWrite};
