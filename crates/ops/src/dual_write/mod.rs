//! Registry and legacy file side by side, as reports show them.

mod compared;
mod overview;
mod state;
mod writes;

pub use compared::MigrationGap;
pub(crate) use compared::{ComparedFile, name};
pub use overview::{ComparedFiles, MigrationFacts, MigrationOverview};
pub use state::DualWriteState;
pub(crate) use writes::recent_writes;
pub use writes::{OperationCounts, RecentWrite};
