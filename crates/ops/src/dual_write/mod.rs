//! Registry and legacy file side by side, as reports show them.

pub(crate) mod compared;
mod fault;
mod overview;
mod state;
pub(crate) mod writes;

pub use fault::{LegacyFault, only_in};
pub use overview::{ComparedFiles, MigrationFacts, MigrationOverview};
pub use state::DualWriteState;
pub use writes::{OperationCounts, RecentWrite};
