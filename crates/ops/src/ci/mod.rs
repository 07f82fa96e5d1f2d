//! Checking and healing changes in CI, and configuring CI services.

mod change;
mod check;
mod context;
mod heal;
mod pinned_source;
mod refusal;
mod workflow;

pub use change::CiChange;
pub use check::{ChangeReport, CheckChangeOptions, check_change, note_checked_change};
pub use context::CiContext;
pub use heal::{HealedChange, heal_change};
pub use pinned_source::{PinnedSource, PinnedSourceFault, PinnedSourceRefusal, filled};
pub use refusal::CiRefusal;
pub use workflow::{CiConfiguration, CiInitOptions, CiInitRefusal, CiProvider, init_ci};
